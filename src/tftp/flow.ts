import { RetransmissionTimer } from './rto.ts'

/** Intervals without a word from the client before it counts as gone, about 30 s. */
const TRIES = 20
/** The same where nobody may be there: nothing was ever acknowledged, or only the last ACK is missing. */
const TRIES_AT_ENDS = 8
/** The same when the client chose the interval, which may be up to 255 s. */
const TRIES_FIXED = 5

export interface FlowOptions {
  /** Blocks to send, the last and shorter one included; at least 1. */
  blocks: number
  /** Blocks that may be under way at once. */
  window: number
  /** The transfer opens with an OACK, which is "block 0". */
  oack: boolean
  /** Interval that the client fixed. */
  timeoutMs?: number | undefined
}

/**
 * What an ACK meant. `progress`: more may be sent. `resend`: the client misses what follows. `done`: it has all.
 * `ignored`: old, repeated too soon, or of a block that was never sent.
 */
export type AckResult = 'progress' | 'resend' | 'done' | 'ignored'

/**
 * The sender's side of one transfer as pure arithmetic: which block may go out now, what an ACK means,
 * when to lose patience. No packets, no I/O; times are handed in (ms). Blocks are counted without
 * wrapping; only the 16 bits of an ACK wrap (to 0).
 *
 * Window: RFC 7440. The client acknowledges the last block of a window, or, at a gap, the last block
 * before it; then sending goes on behind that one.
 *
 * Sorcerer's apprentice: a repeated ACK may be an echo of our own repetition, and answering it would
 * double the rest of the transfer. After any repetition, ACKs cannot cause another one until blocks
 * beyond everything sent so far are acknowledged; till then only silence can (RFC 1123, section 4.2.3.1).
 */
export class Flow {
  readonly last: number
  readonly window: number
  readonly rto: RetransmissionTimer
  /** Blocks that were sent again. */
  retransmits = 0
  /** The highest block that the client surely has; -1 until it acknowledged the OACK. */
  acked: number
  /** The block to send next. */
  next: number
  readonly #fixed: boolean
  readonly #first: number
  /** The highest block ever sent. */
  #high: number
  /** ACKs up to this block may be echoes of a repetition. */
  #recover: number
  #probe: { block: number; at: number } | undefined
  #lastSent = 0
  #armed = 0
  #tries = 0

  constructor(options: FlowOptions) {
    this.last = options.blocks
    this.window = options.window
    this.rto = new RetransmissionTimer(options.timeoutMs)
    this.#fixed = options.timeoutMs !== undefined
    this.#first = options.oack ? 0 : 1
    this.acked = this.#first - 1
    this.next = this.#first
    this.#high = this.acked
    this.#recover = this.acked - 1
  }

  /** The client acknowledged something: it is real, and listens on that port. */
  get confirmed(): boolean {
    return this.acked >= this.#first
  }

  /** Everything was sent at least once. */
  get allSent(): boolean {
    return this.#high >= this.last
  }

  /** The block that may go out now (0: the OACK); undefined: wait. */
  due(): number | undefined {
    const limit = this.acked < 0 ? 0 : Math.min(this.acked + this.window, this.last)
    return this.next <= limit ? this.next : undefined
  }

  /** The block that was due went out. */
  sent(now: number): void {
    const block = this.next++
    if (block > this.#high) {
      this.#high = block
      this.#probe ??= { block, at: now }
    } else {
      this.retransmits++
    }
    this.#lastSent = now
    this.#armed = now
  }

  /** When `expired` is to be called, unless something comes before; undefined: nothing is under way. */
  get deadline(): number | undefined {
    return this.next - 1 > this.acked ? this.#armed + this.rto.interval : undefined
  }

  /** An ACK with the 16-bit number `wire` came. */
  ack(wire: number, now: number): AckResult {
    const block = this.acked + ((wire - this.acked) & 0xffff)
    if (block > this.#high || block < this.#first) return 'ignored'
    this.#tries = 0
    return block === this.acked ? this.#repeated(now) : this.#advanced(block, now)
  }

  /** The client repeated its request: true when its answer is to go out once more. */
  repeatFirst(now: number): boolean {
    if (this.confirmed || this.deadline === undefined || now - this.#lastSent < this.rto.base) return false
    this.#goBack()
    return true
  }

  /** Nothing came until the deadline. */
  expired(): 'resend' | 'gave up' {
    if (++this.#tries > this.#patience) return 'gave up'
    this.rto.backOff()
    this.#goBack()
    return 'resend'
  }

  get #patience(): number {
    if (this.#fixed) return TRIES_FIXED
    return this.confirmed && !this.allSent ? TRIES : TRIES_AT_ENDS
  }

  #advanced(block: number, now: number): AckResult {
    this.acked = block
    this.#armed = now
    this.rto.reset()
    if (this.#probe !== undefined && this.#probe.block <= block) {
      this.rto.sample(now - this.#probe.at)
      this.#probe = undefined
    }
    if (block === this.last) return 'done'
    const gap = block < this.next - 1
    if (gap && block > this.#recover) {
      this.#goBack()
      return 'resend'
    }
    this.next = Math.max(this.next, block + 1)
    return 'progress'
  }

  /** The client says again what it has: its first ACK was answered by blocks that it did not get. */
  #repeated(now: number): AckResult {
    const silence = now - this.#lastSent
    const waited = silence >= this.rto.base
    // With a window the client speaks up at a gap, one round trip after we sent; sooner is a copy of its ACK.
    const gap =
      this.window > 1 && this.acked > this.#recover && silence >= (this.rto.srtt ?? this.rto.base) / 2
    if (this.deadline === undefined || !(waited || gap)) return 'ignored'
    this.#goBack()
    return 'resend'
  }

  #goBack(): void {
    this.next = this.acked + 1
    this.#recover = this.#high
    this.#probe = undefined
  }
}
