import type { Assignment } from '../machines/assignment.ts'
import type { Boot } from '../session/boots.ts'

/** A boot as the state keeps it. */
export interface RecordedBoot extends Boot {
  /** The last boot that failed, unless one has come up since: when that was known (ms since 1970), and why. */
  failure?: { at: number; why: string }
}

/** What the running service knows of the boots in progress; machines are named by any of their MACs. */
export interface PresentBoots {
  /** The assignment that a boot keeps once it has fetched a file, whatever was assigned since. */
  underWay(mac: string): Assignment | undefined
  /** The call-back token of the machine's present boot; on disk when it resolves. */
  token(mac: string): Promise<string | undefined>
  /** Whether the machine is between its first request and a running system. */
  isBooting(mac: string): boolean
}
