/**
 * Interval (ms) before the first measurement: RFC 6298, section 2.1. Shorter does harm: atftp, when busy, aborts on two
 * OACKs in its queue; and a client that missed the first OACK repeats its request by itself.
 */
const FIRST = 1000
/** Bounds of a measured interval (ms). */
const FLOOR = 50
const CEILING = 2000

/**
 * Retransmission timeout of RFC 6298, with a lower bound for a LAN. A client that asked for an interval (RFC 2349,
 * `timeout`) gets exactly that. All times in ms.
 */
export class RetransmissionTimer {
  readonly #fixed: number | undefined
  #srtt: number | undefined
  #rttvar = 0
  #backoff = 1

  constructor(fixedMs?: number) {
    this.#fixed = fixedMs
  }

  /** Smoothed round-trip time; undefined before the first sample. */
  get srtt(): number | undefined {
    return this.#srtt
  }

  /** The interval without backoff. */
  get base(): number {
    if (this.#fixed !== undefined) return this.#fixed
    if (this.#srtt === undefined) return FIRST
    return Math.min(CEILING, Math.max(FLOOR, this.#srtt + 4 * this.#rttvar))
  }

  /** The interval now. */
  get interval(): number {
    return this.#fixed ?? Math.min(CEILING, this.base * this.#backoff)
  }

  /** Round-trip time of a packet that was sent once only (Karn's algorithm; RFC 6298, section 3). */
  sample(rtt: number): void {
    if (this.#srtt === undefined) {
      this.#srtt = rtt
      this.#rttvar = rtt / 2
      return
    }
    this.#rttvar += (Math.abs(this.#srtt - rtt) - this.#rttvar) / 4
    this.#srtt += (rtt - this.#srtt) / 8
  }

  /** The timer expired: the next interval is twice as long. */
  backOff(): void {
    this.#backoff = Math.min(this.#backoff * 2, 64)
  }

  /** The client made progress. */
  reset(): void {
    this.#backoff = 1
  }
}
