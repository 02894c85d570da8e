import { RetransmissionTimer } from './rto.ts'

/** Intervals without a packet from the client before the transfer fails, about 30 s. */
const TRIES = 20
/** The same before the first ACK, when the client may not exist, and when only the last ACK is missing. */
const TRIES_AT_ENDS = 8
/** The same with an interval that the client chose, up to 255 s. */
const TRIES_FIXED = 5
/** Longest wait for the first ACK (ms), whatever interval the client chose: it may not exist. */
const FIRST_ACK_MS = 17_000

export interface FlowOptions {
  /** Blocks to send, the last and shorter one included; at least 1. */
  blocks: number
  /** Blocks that may be unacknowledged at a time. */
  window: number
  /** The transfer begins with an OACK, which counts as block 0. */
  oack: boolean
  /** Interval that the client fixed. */
  timeoutMs?: number | undefined
}

/**
 * What an ACK means. `progress`: more may be sent. `resend`: the client misses the next block. `done`: it has all.
 * `ignored`: old, repeated too soon, or of a block that was never sent.
 */
export type AckResult = 'progress' | 'resend' | 'done' | 'ignored'

/**
 * Flow control of one transfer at the sender: which block may be sent now, what an ACK means, when to resend and
 * when to give up. No packets, no I/O; times are parameters (ms). Block numbers do not wrap here; only the 16
 * bits in an ACK do (to 0).
 *
 * Window: RFC 7440. The client acknowledges the last block of a window or, at a gap, the last block before the
 * gap; sending continues after that block.
 *
 * Sorcerer's Apprentice Syndrome (RFC 1123, section 4.2.3.1): a repeated ACK may answer a block that was sent twice,
 * and sending the next block twice for it would double the rest of the transfer. After blocks were resent, an ACK
 * causes no resend until a block beyond all those sent so far is acknowledged; until then only the timer does.
 */
export class Flow {
  readonly last: number
  readonly window: number
  readonly rto: RetransmissionTimer
  /** Number of blocks sent again. */
  retransmits = 0
  /** The highest acknowledged block; before the first ACK -1 with an OACK, 0 without. */
  acked: number
  /** The block to send next. */
  next: number
  readonly #fixed: boolean
  readonly #first: number
  /** When the first packet was sent. */
  #began: number | undefined
  /** The highest block ever sent. */
  #high: number
  /** ACKs up to this block may answer blocks that were sent twice. */
  #recover: number
  /** The block whose round trip is being measured, and when it was sent. */
  #probe: { block: number; at: number } | undefined
  #lastSent = 0
  /** When the retransmission timer was started. */
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

  /** Whether the client has acknowledged anything: it exists, and listens on that port. */
  get confirmed(): boolean {
    return this.acked >= this.#first
  }

  /** Whether every block was sent at least once. */
  get allSent(): boolean {
    return this.#high >= this.last
  }

  /** The block that may be sent now (0: the OACK); undefined: wait. */
  due(): number | undefined {
    const limit = this.acked < 0 ? 0 : Math.min(this.acked + this.window, this.last)
    return this.next <= limit ? this.next : undefined
  }

  /** The due block was sent. */
  sent(now: number): void {
    const block = this.next++
    this.#began ??= now
    if (block > this.#high) {
      this.#high = block
      this.#probe ??= { block, at: now }
    } else {
      this.retransmits++
    }
    this.#lastSent = now
    this.#armed = now
  }

  /** When to call `expired`, unless an ACK comes first; undefined while nothing is unacknowledged. */
  get deadline(): number | undefined {
    if (this.next - 1 <= this.acked) return undefined
    return Math.min(this.#armed + this.rto.interval, this.#firstAckBy)
  }

  /** When the first ACK must have come. */
  get #firstAckBy(): number {
    return this.confirmed || this.#began === undefined ? Number.POSITIVE_INFINITY : this.#began + FIRST_ACK_MS
  }

  /** An ACK was received; `wire`: its 16-bit block number. */
  ack(wire: number, now: number): AckResult {
    const block = this.acked + ((wire - this.acked) & 0xffff)
    if (block > this.#high || block < this.#first) return 'ignored'
    this.#tries = 0
    return block === this.acked ? this.#repeated(now) : this.#advanced(block, now)
  }

  /** The client repeated its request. True: the first packet is due again. */
  repeatFirst(now: number): boolean {
    if (this.confirmed || this.deadline === undefined || now - this.#lastSent < this.rto.base) return false
    this.#goBack()
    return true
  }

  /** No ACK came until the deadline. */
  expired(now: number): 'resend' | 'gave up' {
    if (++this.#tries > this.#maxTries || now >= this.#firstAckBy) return 'gave up'
    this.rto.backOff()
    this.#goBack()
    return 'resend'
  }

  get #maxTries(): number {
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

  /** The client repeats its last ACK: the blocks sent after that may be lost. */
  #repeated(now: number): AckResult {
    const silence = now - this.#lastSent
    const waited = silence >= this.rto.base
    // With a window the client sends an ACK at a gap, a round trip after the blocks were sent; an earlier one is a copy.
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
