import { type Clock, sleep } from './net.ts'

/** Times in ms. */
export interface PollTimes {
  everyMs: number
  limitMs: number
}

/**
 * Calls `check` at once, and again every `everyMs`, until its result is truthy or `limitMs` have passed; it is called
 * once more after that time. Resolves with the last result; rejects when `check` does.
 */
export async function poll<T>(
  clock: Clock,
  { everyMs, limitMs }: PollTimes,
  check: () => T | Promise<T>,
): Promise<T> {
  const end = clock.monotonic() + limitMs
  for (;;) {
    const result = await check()
    if (result || clock.monotonic() >= end) return result
    await sleep(clock, everyMs)
  }
}
