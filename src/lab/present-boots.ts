import type { Assignment } from '../machines/assignment.ts'
import type { Boot } from '../session/boots.ts'

/** A boot as the state keeps it. */
export interface RecordedBoot extends Boot {
  /** The last failed boot, unless one has come up since: when it was last heard of (ms since 1970), and why it failed. */
  failure?: { at: number; why: string }
}

/** The present boots, as tracked by the running service. A machine is given by any of its MACs. */
export interface PresentBoots {
  /** The assignment that a boot keeps from its first fetched file until it is up; undefined at any other time. */
  underWay(mac: string): Assignment | undefined
  /**
   * The call-back token of the machine's present boot; it is on disk when the promise resolves. `to`: the address that it
   * would be sent to, where that is not the one that the machine is just given. Undefined: that is not the machine's.
   */
  token(mac: string, to?: string): Promise<string | undefined>
  /** Whether the machine is between its first request and a running system. */
  isBooting(mac: string): boolean
}
