import type { Lab } from '../lab/lab.ts'
import type { Network } from '../net/net.ts'
import type { Emit } from '../session/event.ts'

/** A part of the service that runs: a listener, a server, a supervisor. */
export interface Part {
  /** Takes no more requests, and lets those that it has end within `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/** What the parts of a service are started with. */
export interface PartContext {
  lab: Lab
  /** The host's network, or the one whose sockets a service manager opened. */
  network: Network
  emit: Emit
  /** Takes a part as soon as it runs, so that it is stopped when the rest cannot be started. */
  started(part: Part): void
}
