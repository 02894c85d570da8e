import type { Platform } from '../../host/platform.ts'
import type { Layout } from '../layout.ts'

/** Receives the progress of a piece of work: bytes done, and the total where it is known. */
export type Progress = (what: string, done: number, total: number | undefined) => void

/** The tree that a part is installed into. */
export interface Target {
  /** Absolute path of the tree. */
  root: string
  platform: Platform
  progress: Progress
}

/** One part of an installation. A part that was interrupted is installed again from its start. */
export interface Part {
  name: string
  /** In the imperative, for `-n`: `unpack base.txz from …`. */
  what: string
  put(target: Target): Promise<void>
}

/** An installation whose inputs were found and checked. Making a job changes nothing. */
export interface Job {
  /** Identifies the installation: equal for equal installations. */
  what: string
  /** Layout of the tree, where it has to be made first. */
  layout: Layout
  parts: Part[]
  /** A part can be installed over what an interrupted run left. Otherwise the tree has to be emptied first. */
  resumable: boolean
}
