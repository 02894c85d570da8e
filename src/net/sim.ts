import { BeError } from '../errors/errors.ts'
import type {
  Clock,
  Endpoint,
  HttpHandler,
  HttpRequest,
  HttpResponse,
  Listener,
  Network,
  TcpConnection,
  TcpOptions,
  Timer,
  UdpOptions,
  UdpSocket,
} from './net.ts'

/** How the simulated cable treats packets; probabilities from 0 to 1. */
export interface Weather {
  latencyMs: number
  loss: number
  duplication: number
  /** Share of packets that are held back by up to `jitterMs`. */
  reordering: number
  jitterMs: number
}

const FAIR: Weather = { latencyMs: 0.1, loss: 0, duplication: 0, reordering: 0, jitterMs: 20 }

/**
 * A clock that jumps from one due timer to the next. Real work (file reads, fsync) runs in real time
 * meanwhile: before the clock moves on, it waits until the event loop has nothing left to do.
 */
export class SimClock implements Clock {
  #now = Date.UTC(2026, 0, 1)
  #start = this.#now
  #sequence = 0
  #due: { at: number; order: number; run: () => void }[] = []

  /** Whole milliseconds, as a host's clock has them. */
  now(): number {
    return Math.floor(this.#now)
  }

  monotonic(): number {
    return this.#now - this.#start
  }

  timer(ms: number, run: () => void): Timer {
    const entry = { at: this.#now + Math.max(0, ms), order: this.#sequence++, run }
    this.#due.push(entry)
    return {
      cancel: () => {
        const index = this.#due.indexOf(entry)
        if (index >= 0) this.#due.splice(index, 1)
      },
    }
  }

  /** Timers that have not fired: a service that was stopped leaves none. */
  get pending(): number {
    return this.#due.length
  }

  /** Lets time pass until `goal` settles; fails when `limitMs` of simulated time go by first. */
  async until<T>(goal: Promise<T>, limitMs = 600_000): Promise<T> {
    let settled = false
    const mark = () => {
      settled = true
    }
    goal.then(mark, mark)
    const end = this.#now + limitMs
    for (let stuck = 0; ; ) {
      await quiet()
      if (settled) return goal
      const due = this.#next()
      if (due === undefined) {
        if (++stuck > PATIENCE) throw new Error('simulation: nothing left to happen')
        await new Promise(done => setTimeout(done, 3))
        continue
      }
      stuck = 0
      if (due.at > end) throw new Error(`simulation: not done after ${limitMs} ms`)
      this.#fire(due)
    }
  }

  /** Lets exactly `ms` of simulated time pass. */
  async advance(ms: number): Promise<void> {
    await this.until(new Promise<void>(done => this.timer(ms, done)), ms + 1)
  }

  #next() {
    let first = this.#due[0]
    for (const entry of this.#due) {
      if (entry.at < first!.at || (entry.at === first!.at && entry.order < first!.order)) first = entry
    }
    return first
  }

  #fire(entry: { at: number; run: () => void }) {
    this.#due.splice(this.#due.indexOf(entry as never), 1)
    this.#now = Math.max(this.#now, entry.at)
    entry.run()
  }
}

/** How often nothing may be found to happen before that is taken for the end; for work that is no file's. */
const PATIENCE = 100

/** What Node calls work on files that is under way. */
const PENDING: ReadonlySet<string> = new Set(['FSReqPromise', 'FSReqCallback', 'CloseReq'])

/** Resolves when all that can run has run, reads and writes of files included: time never overtakes them. */
async function quiet(): Promise<void> {
  do {
    for (let i = 0; i < 3; i++) await new Promise(setImmediate)
  } while (process.getActiveResourcesInfo().some(name => PENDING.has(name)))
}

interface Port {
  host: SimHost
  at: Endpoint
  peer?: Endpoint | undefined
  receive(data: Buffer, from: Endpoint): void
}

/** One Ethernet segment with hosts on it. */
export class SimNetwork {
  readonly clock: SimClock
  readonly weather: Weather
  /** Every datagram that was sent, lost ones included. */
  readonly sent: { from: Endpoint; to: Endpoint; data: Buffer }[] = []
  readonly #random: () => number
  readonly ports: Port[] = []
  readonly streams = new Map<string, (peer: SimStream, from: Endpoint) => void>()
  readonly webs = new Map<string, HttpHandler>()

  constructor(options: { clock?: SimClock; seed?: number; weather?: Partial<Weather> } = {}) {
    this.clock = options.clock ?? new SimClock()
    this.weather = { ...FAIR, ...options.weather }
    this.#random = mulberry32(options.seed ?? 1)
  }

  /** A host with one address; 0.0.0.0 for one that has none yet. */
  host(address: string): SimHost {
    return new SimHost(this, address)
  }

  transmit(from: Endpoint, to: Endpoint, data: Buffer): void {
    this.sent.push({ from, to, data })
    const copies = this.#random() < this.weather.duplication ? 2 : 1
    for (let copy = 0; copy < copies; copy++) {
      if (this.#random() < this.weather.loss) continue
      const held = this.#random() < this.weather.reordering ? this.#random() * this.weather.jitterMs : 0
      this.clock.timer(this.weather.latencyMs + held, () => this.#deliver(from, to, data))
    }
  }

  #deliver(from: Endpoint, to: Endpoint, data: Buffer) {
    const broadcast = to.address === '255.255.255.255' || to.address.endsWith('.255')
    const open = this.ports.filter(port => port.at.port === to.port && (!port.peer || same(port.peer, from)))
    if (broadcast) {
      for (const port of open) if (port.at.address === '0.0.0.0') port.receive(Buffer.from(data), from)
      return
    }
    const candidates = open.filter(
      port => port.at.address === to.address || (port.at.address === '0.0.0.0' && port.host.owns(to.address)),
    )
    // As in a kernel: the most closely bound socket gets the datagram.
    const rank = (port: Port) => (port.peer ? 2 : 0) + (port.at.address === to.address ? 1 : 0)
    candidates.sort((a, b) => rank(b) - rank(a))
    candidates[0]?.receive(Buffer.from(data), from)
  }
}

/** A host's view of the segment: the simulated twin of the node network. */
export class SimHost implements Network {
  readonly net: SimNetwork
  address: string
  #ephemeral = 49152

  constructor(network: SimNetwork, address: string) {
    this.net = network
    this.address = address
  }

  get clock(): SimClock {
    return this.net.clock
  }

  owns(address: string): boolean {
    return address === this.address
  }

  async udp(options: UdpOptions): Promise<UdpSocket> {
    const { address } = options
    if (address !== '0.0.0.0' && !this.owns(address)) {
      throw new BeError('BE_ADDRESS_NOT_LOCAL', `${address} is not an address of this host`)
    }
    const at = { address, port: options.port || this.#ephemeral++ }
    const clash = this.net.ports.some(
      port => port.host === this && same(port.at, at) && !(port.peer && options.connect),
    )
    if (clash) throw new BeError('BE_PORT_TAKEN', `UDP ${at.address}:${at.port} is in use`)
    let listener: (data: Buffer, from: Endpoint) => void = () => {}
    const port: Port = {
      host: this,
      at,
      peer: options.connect,
      receive: (data, from) => listener(data, from),
    }
    this.net.ports.push(port)
    const source = () => ({ address: at.address === '0.0.0.0' ? this.address : at.address, port: at.port })
    return {
      local: at,
      send: (data, to = options.connect) => {
        if (to && this.net.ports.includes(port)) this.net.transmit(source(), to, Buffer.from(data))
      },
      onMessage: run => {
        listener = run
      },
      onError: () => {},
      close: () => {
        const index = this.net.ports.indexOf(port)
        if (index >= 0) this.net.ports.splice(index, 1)
      },
    }
  }

  async listen(
    { address, port }: Endpoint,
    accept: (peer: TcpConnection, from: Endpoint) => void,
  ): Promise<Listener> {
    const at = { address, port: port || this.#ephemeral++ }
    const key = `${at.address}:${at.port}`
    if (this.net.streams.has(key)) throw new BeError('BE_PORT_TAKEN', `TCP ${key} is in use`)
    this.net.streams.set(key, accept)
    return {
      local: at,
      close: async () => {
        this.net.streams.delete(key)
      },
    }
  }

  async tcp(options: TcpOptions): Promise<TcpConnection> {
    const accept = this.net.streams.get(`${options.to.address}:${options.to.port}`)
    if (!accept) {
      throw Object.assign(new Error(`connect ECONNREFUSED ${options.to.address}:${options.to.port}`), {
        code: 'ECONNREFUSED',
      })
    }
    const [near, far] = SimStream.pair(this.net.clock, this.net.weather.latencyMs)
    accept(far, { address: this.address, port: options.localPort || this.#ephemeral++ })
    return near
  }

  async http(at: Endpoint, handler: HttpHandler): Promise<Listener> {
    const key = `${at.address}:${at.port}`
    this.net.webs.set(key, handler)
    return {
      local: at,
      close: async () => {
        this.net.webs.delete(key)
      },
    }
  }

  /** An HTTP request from this host; the body is collected. */
  async fetch(url: string, init: Partial<HttpRequest> = {}): Promise<HttpResponse & { bytes: Buffer }> {
    const { hostname, port, pathname, search } = new URL(url)
    const handler = this.net.webs.get(`${hostname}:${port || 80}`)
    if (!handler) throw Object.assign(new Error(`connect ECONNREFUSED ${hostname}`), { code: 'ECONNREFUSED' })
    // URL folds nothing in pathname, so `//` reaches the handler as a loader sends it.
    const from = { address: this.address, port: this.#ephemeral++ }
    const request = { method: 'GET', target: pathname + search, headers: {}, from, ...init }
    const response = await handler(request)
    const chunks: Buffer[] = []
    if (Buffer.isBuffer(response.body)) chunks.push(response.body)
    else if (response.body) for await (const chunk of response.body) chunks.push(Buffer.from(chunk))
    return { ...response, bytes: Buffer.concat(chunks) }
  }
}

class SimStream implements TcpConnection {
  #clock: Clock
  #latency: number
  #other: SimStream | undefined
  #data: (data: Buffer) => void = () => {}
  #closed: (error?: Error) => void = () => {}
  #open = true
  /** What came while paused. */
  #held: Buffer[] | undefined
  /** The cable takes everything at once. */
  readonly waiting = 0

  constructor(clock: Clock, latency: number) {
    this.#clock = clock
    this.#latency = latency
  }

  static pair(clock: Clock, latency: number): [SimStream, SimStream] {
    const near = new SimStream(clock, latency)
    const far = new SimStream(clock, latency)
    near.#other = far
    far.#other = near
    return [near, far]
  }

  write(...pieces: Uint8Array[]): void {
    const copy = Buffer.concat(pieces)
    this.#clock.timer(this.#latency, () => this.#other?.receive(copy))
  }

  receive(data: Buffer): void {
    if (!this.#open) return
    if (this.#held === undefined) this.#data(data)
    else this.#held.push(data)
  }

  onDrain(): void {}

  pause(): void {
    this.#held ??= []
  }

  resume(): void {
    const held = this.#held ?? []
    this.#held = undefined
    for (const data of held) this.receive(data)
  }

  /** What was written before is ahead of it on the cable. */
  end(): void {
    this.close()
  }

  onData(listener: (data: Buffer) => void): void {
    this.#data = listener
  }

  onClose(listener: (error?: Error) => void): void {
    this.#closed = listener
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#closed()
    this.#clock.timer(this.#latency, () => this.#other?.close())
  }
}

const same = (a: Endpoint, b: Endpoint) => a.address === b.address && a.port === b.port

/** A small seeded generator: the same seed gives the same weather. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
