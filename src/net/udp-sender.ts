import type { Neighbours } from './neighbours.ts'
import type { Drop, Endpoint } from './net.ts'

/** Datagrams that wait in the process: bytes in all, and how long (ms). Later they are of no use: clients ask again. */
const MAX_WAITING = 1 << 20
const MAX_AGE_MS = 1000

/** How long (ms) the kernel keeps a datagram for an address that does not answer ARP: three requests, 1 s apart (arp(7)). */
const ARP_MS = 4000
/** The part of the send buffer that datagrams to such addresses may take, and the part of that for one address. */
const ARP_PART = 1 / 4
const ADDRESS_PART = 1 / 4

/** What a datagram takes of the send buffer: the kernel's own data count, for each frame. */
const FRAME_DATA = 1472
const FRAME_COST = 2304

/** The socket itself; `done` is called when the kernel has taken the datagram. May throw. */
export interface RawSender {
  send(data: Uint8Array, to: Endpoint | undefined, done: () => void): void
  /** Whether datagrams wait because the send buffer is full. */
  isFull(): boolean
}

export interface UdpSenderOptions {
  raw: RawSender
  /** Bytes of the socket's send buffer. */
  buffer: number
  neighbours: Pick<Neighbours, 'isUnresolved'>
  /** Monotonic ms. */
  now(): number
  onDrop(drop: Drop): void
}

interface Waiting {
  data: Uint8Array
  to: Endpoint | undefined
  since: number
}

interface Charge {
  address: string
  cost: number
  until: number
}

/**
 * Sends the datagrams of one socket so that no receiver holds up the others. On Linux a datagram to an address that does
 * not answer ARP stays in the socket's send buffer for 3 s, and a full buffer holds up every datagram, broadcasts
 * too: a host can fill it by requests from addresses that nobody has. Such datagrams get a part of the buffer, the rest
 * of them are dropped. Those that still find the buffer full wait here, within bounds of memory and time.
 */
export class UdpSender {
  readonly #options: UdpSenderOptions
  readonly #waiting: Waiting[] = []
  #waitingBytes = 0
  /** Datagrams that may wait for ARP in the kernel, the oldest first. */
  readonly #charges: Charge[] = []
  #charged = 0
  #isClosed = false

  constructor(options: UdpSenderOptions) {
    this.#options = options
  }

  send(data: Uint8Array, to?: Endpoint): void {
    if (this.#waiting.length === 0 && !this.#options.raw.isFull()) this.#pass(data, to)
    else if (this.#waitingBytes + data.length > MAX_WAITING) this.#drop(to, 'too many wait to be sent')
    else {
      this.#waiting.push({ data, to, since: this.#options.now() })
      this.#waitingBytes += data.length
    }
  }

  /** Drops what waits. */
  close(): void {
    this.#isClosed = true
    this.#waiting.length = 0
  }

  #pass(data: Uint8Array, to: Endpoint | undefined): void {
    if (to !== undefined && !this.#admit(data.length, to.address))
      this.#drop(to, 'the address does not answer ARP')
    else this.#options.raw.send(data, to, this.#sendWaiting)
  }

  readonly #sendWaiting = (): void => {
    while (!this.#isClosed && this.#waiting.length > 0 && !this.#options.raw.isFull()) {
      const { data, to, since } = this.#waiting.shift()!
      this.#waitingBytes -= data.length
      if (this.#options.now() - since > MAX_AGE_MS) this.#drop(to, 'it waited for more than 1 s')
      else this.#pass(data, to)
    }
  }

  /** Whether the datagram may be given to the kernel; counts it if it will wait for ARP there. */
  #admit(length: number, address: string): boolean {
    const { neighbours, buffer, now } = this.#options
    if (!neighbours.isUnresolved(address)) return true
    this.#expire(now())
    const cost = Math.ceil(Math.max(length, 1) / FRAME_DATA) * FRAME_COST
    const most = buffer * ARP_PART
    const own = this.#chargedTo(address)
    if (this.#charged + cost > most || (own > 0 && own + cost > most * ADDRESS_PART)) return false
    this.#charges.push({ address, cost, until: now() + ARP_MS })
    this.#charged += cost
    return true
  }

  #expire(now: number): void {
    while (this.#charges.length > 0 && this.#charges[0]!.until <= now)
      this.#charged -= this.#charges.shift()!.cost
  }

  #chargedTo(address: string): number {
    return this.#charges.reduce((sum, charge) => sum + (charge.address === address ? charge.cost : 0), 0)
  }

  #drop(to: Endpoint | undefined, why: string): void {
    this.#options.onDrop({ to, why })
  }
}
