import type { Lab } from '../lab/lab.ts'
import type { Network } from '../net/net.ts'
import type { Emit } from '../session/event.ts'
import type { Capacity } from './capacity.ts'

/** A running part of the service: a listener, a server, a supervisor. */
export interface Part {
  /** Accepts no new requests, and lets those in progress end within `graceMs`. */
  stop(graceMs: number): Promise<void>
  /** Closes what it writes to, after all parts have stopped. */
  close?(): Promise<void>
}

/** What the parts of the service need. */
export interface PartContext {
  lab: Lab
  /** The host's network, with the sockets that a service manager has opened. */
  network: Network
  emit: Emit
  capacity: Capacity
  /** Called with each part as soon as it runs, so that it is stopped if another one cannot be started. */
  started(part: Part): void
}
