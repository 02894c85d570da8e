import type { Clock, TcpConnection } from '../net.ts'

/** One end of a simulated TCP connection. Nothing is lost; data arrives after the network's latency. */
export class SimStream implements TcpConnection {
  #clock: Clock
  #latencyMs: number
  #peer: SimStream | undefined
  #onData: (data: Buffer) => void = () => {}
  #onClose: (error?: Error) => void = () => {}
  #open = true
  #onSent = () => {}
  /** Data that arrived while paused; undefined when not paused. */
  #paused: Buffer[] | undefined
  #waiting = 0

  constructor(clock: Clock, latencyMs: number) {
    this.#clock = clock
    this.#latencyMs = latencyMs
  }

  /** Both ends of a new connection. */
  static pair(clock: Clock, latencyMs: number): [SimStream, SimStream] {
    const near = new SimStream(clock, latencyMs)
    const far = new SimStream(clock, latencyMs)
    near.#peer = far
    far.#peer = near
    return [near, far]
  }

  write(...pieces: Uint8Array[]): void {
    const copy = Buffer.concat(pieces)
    this.#waiting += copy.length
    this.#clock.timer(this.#latencyMs, () => this.#peer?.receive(copy))
  }

  /** What the peer has not taken: it may have paused, and no host on the way keeps anything. */
  get waiting(): number {
    return this.#waiting
  }

  receive(data: Buffer): void {
    if (!this.#open) return
    if (this.#paused !== undefined) {
      this.#paused.push(data)
      return
    }
    this.#peer?.sent(data.length)
    this.#onData(data)
  }

  /** The peer has taken so many bytes. */
  sent(bytes: number): void {
    this.#waiting -= bytes
    if (this.#open) this.#onSent()
  }

  onSent(listener: () => void): void {
    this.#onSent = listener
  }

  pause(): void {
    this.#paused ??= []
  }

  resume(): void {
    const held = this.#paused ?? []
    this.#paused = undefined
    for (const data of held) this.receive(data)
  }

  /** Data that was written before arrives before the close. */
  end(): void {
    this.close()
  }

  onData(listener: (data: Buffer) => void): void {
    this.#onData = listener
  }

  onClose(listener: (error?: Error) => void): void {
    this.#onClose = listener
  }

  close(): void {
    if (!this.#open) return
    this.#open = false
    this.#onClose()
    this.#clock.timer(this.#latencyMs, () => this.#peer?.close())
  }
}
