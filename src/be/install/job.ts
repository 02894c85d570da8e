import type { Platform } from '../../host/platform.ts'
import type { Layout } from '../layout.ts'
import type { Progress } from './obtain.ts'

/** Where a part is put, and who is told. */
export interface Target {
  /** Absolute path of the tree. */
  root: string
  platform: Platform
  progress: Progress
}

/** One part of an installation: after a break it is put in again whole. */
export interface Part {
  name: string
  /** In the imperative, for `-n`: `unpack base.txz from …`. */
  what: string
  /** `first`: nothing of this installation is there yet. */
  put(target: Target, first: boolean): Promise<void>
}

/** An installation that is known to be possible; nothing was done for it yet. */
export interface Job {
  /** Equal for equal installations. */
  what: string
  /** Of the tree, where it has to be made first. */
  layout: Layout
  parts: Part[]
  /** A part can be put in over what a broken run of it left. Otherwise the tree has to be empty. */
  resumable: boolean
}
