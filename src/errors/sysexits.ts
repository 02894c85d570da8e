/** Exit statuses of `be`: 0, 1, and those of sysexits(3) that it uses. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 64,
  data: 65,
  unavailable: 69,
  internal: 70,
  tryAgain: 75,
  permission: 77,
  config: 78,
} as const

export type ExitName = keyof typeof EXIT
