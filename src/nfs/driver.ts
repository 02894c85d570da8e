import type { Step } from '../host/change.ts'
import type { Network } from '../net/net.ts'
import type { Emit } from '../session/event.ts'
import type { NfsRoot } from './root.ts'
import type { Share, SharedPath } from './share-list.ts'

/** The exports of one share as text: the file that a driver writes for it, or what an admin can paste. */
export interface Fragment {
  fileName: string
  text: string
}

/** What a server inside `be serve` needs of its surroundings. */
export interface ServeContext {
  network: Network
  emit: Emit
  /** The shares at this moment; returns the same array as long as they have not changed. */
  shares(): readonly Share[]
  /** Whether the address is this host's, or in one of the networks that it serves. */
  isOurs(address: string): boolean
}

/** Makes an NFS server export the shares. */
export interface NfsDriver {
  /** The value of nfs.driver. */
  readonly name: string
  /** The server exports read-only, whatever the share says. */
  readonly readOnly?: boolean
  /** False: another party exports, and shares are only verified and remembered. */
  readonly managesExports: boolean
  /** The server exports whole file systems: only mount points can be shared. */
  readonly mountPointsOnly?: boolean
  /** For so long (ms) after a reload, MNT may still answer by the former exports. */
  readonly settleMs: number
  /** Throws a BeError unless all that the driver needs is there: programs, permissions, settings of the server. */
  check(): Promise<void>
  /** When the host boots, before its NFS server starts: what that would miss. Throws as check() does. */
  prepareBoot?(): Promise<void>
  /**
   * The steps after which exactly these shares are exported; their undo restores the former exports. Empty when
   * nothing has to change.
   */
  apply(shares: Share[]): Promise<Step[]>
  /** The exports of one share, as text. */
  fragment(share: Share): Fragment
  /**
   * For a server that reads the shares from the state: what MNT will grant for a path once the server runs, so
   * that a path can be shared before. Throws system errors.
   */
  expectedRoot?(shared: Pick<SharedPath, 'path' | 'id'>): Promise<NfsRoot>
  /** Runs the server inside `be serve`. */
  serve?(context: ServeContext): Promise<{ stop(graceMs: number): Promise<void> }>
  /** Starts the server unless it runs, and exports these shares. */
  start?(shares: Share[]): Promise<void>
  /** Exports all of them again: a file system that was unmounted and mounted has lost its export in the kernel. */
  reexport?(shares: Share[]): Promise<void>
  /** Whether the server that start() starts runs. */
  running?(): Promise<boolean>
  /** Stops the server that start() started. */
  stop?(): Promise<void>
  /** What the server has logged since its last reload, which concerns other exports than ours; '' when nothing. */
  complaints?(): Promise<string>
  /** What the server's log says about a share that MNT refuses; '' when it says nothing. */
  refusalReason?(share: Share): Promise<string>
}
