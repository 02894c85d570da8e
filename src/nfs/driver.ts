import type { Step } from '../host/change.ts'
import type { Share } from './model.ts'

/** One exports fragment, a file below exports.d/. */
export interface Fragment {
  fileName: string
  text: string
}

/** A way to make an NFS server export what is shared. */
export interface NfsDriver {
  readonly name: 'none' | 'freebsd' | 'linux' | 'ganesha'
  /** It exports directories of the NFS host that we can look at, and takes them back. */
  readonly local: boolean
  /** Its server exports whole file systems: only what is the mount point of one may be shared. */
  readonly mountPointsOnly?: boolean
  /** For so long after a reload, MNT may still answer as before. */
  readonly settleMs: number
  /** Throws a BeError unless everything it needs is there: programs, permissions. */
  check(): Promise<void>
  /** The steps after which exactly these are exported; undone, what was. Empty: not this driver's business. */
  apply(shares: Share[]): Promise<Step[]>
  /** What it writes for one share, for a person as much as for the server. */
  fragment(share: Share): Fragment
  /** Starts the server unless it runs, exporting these. */
  start?(shares: Share[]): Promise<void>
  /** The server reads all of it again, and exports these: file systems that were remounted lost their exports. */
  renew?(shares: Share[]): Promise<void>
  /** Whether the server that start() starts is there now. */
  running?(): Promise<boolean>
  /** Ends what start() started. */
  stop?(): Promise<void>
  /** What the server's log says against a share that MNT refuses; empty: nothing. */
  complaint?(share: Share): Promise<string>
}
