import type { ExitName } from '../sysexits.ts'

/** What is known of an error code without the place that throws it. */
export interface CodeEntry {
  /** Exit status of `be` when it ends with this error, unless the throw site names another. */
  exit: ExitName
  /** One sentence for a user, on one line. */
  meaning: string
}
