import type { Step } from '../host/change.ts'
import type { Network } from '../net/net.ts'
import type { Emit } from '../session/event.ts'
import type { NfsRoot } from './root.ts'
import type { Share, SharedPath } from './share-list.ts'

/** One exports fragment, a file below exports.d/. */
export interface Fragment {
  fileName: string
  text: string
}

/** What a server that is part of the service needs of it. */
export interface ServeContext {
  network: Network
  emit: Emit
  /** What is shared at the moment; the same list as long as that has not changed. */
  shares(): readonly Share[]
}

/** A way to make an NFS server export what is shared. */
export interface NfsDriver {
  /** As nfs.driver names it. */
  readonly name: string
  /** It serves read-only, whatever is asked for. */
  readonly readOnly?: boolean
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
  /**
   * There when its server reads the state itself, so that what is written there is exported: what MNT will
   * grant once it runs. Throws system errors.
   */
  expectedRoot?(shared: Pick<SharedPath, 'path' | 'id'>): Promise<NfsRoot>
  /** Runs the server inside of the service. */
  serve?(context: ServeContext): Promise<{ stop(graceMs: number): Promise<void> }>
  /** Starts the server unless it runs, exporting these. */
  start?(shares: Share[]): Promise<void>
  /** The server reads all of it again, and exports these: file systems that were remounted lost their exports. */
  reexport?(shares: Share[]): Promise<void>
  /** Whether the server that start() starts is there now. */
  running?(): Promise<boolean>
  /** Ends what start() started. */
  stop?(): Promise<void>
  /** What the server's log says against a share that MNT refuses; empty: nothing. */
  refusalReason?(share: Share): Promise<string>
}
