import type { Options } from './packet.ts'

/** What this server is ready to agree to. */
export interface OptionLimits {
  /** Largest blksize in bytes; 1468 fills a frame of 1500 bytes and is never fragmented. */
  maxBlockSize: number
  /** Largest windowsize in blocks. */
  maxWindow: number
}

/** The terms of one transfer. */
export interface NegotiatedOptions {
  /** Bytes of data in a block. */
  blockSize: number
  /** Blocks that go out before an ACK must come. */
  window: number
  /** Retransmission interval in ms that the client fixed. */
  timeoutMs?: number
  /** What goes into the OACK; empty: no OACK, the first DATA answers the request (RFC 2347). */
  accepted: Options
}

/**
 * Settles the options of a read request for a file of `size` bytes. Only what was asked for is
 * answered, in the client's order and spelling, and never with a larger blksize or windowsize: a
 * FreeBSD loader aborts on anything else. Options that are unknown or senseless are ignored (RFC 2347),
 * the first of two equal ones counts.
 */
export function negotiate(asked: Options, size: number, limits: OptionLimits): NegotiatedOptions {
  const terms: NegotiatedOptions = { blockSize: 512, window: 1, accepted: [] }
  const seen = new Set<string>()
  for (const [name, value] of asked) {
    const option = name.toLowerCase()
    const settle = OPTIONS.get(option)
    if (settle === undefined || seen.has(option)) continue
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    const answer = settle(terms, number, size, limits)
    if (answer === undefined) continue
    seen.add(option)
    terms.accepted.push([name, String(answer)])
  }
  return terms
}

type Settle = (
  terms: NegotiatedOptions,
  asked: number,
  size: number,
  limits: OptionLimits,
) => number | undefined

const OPTIONS = new Map<string, Settle>([
  // RFC 2348: 8 to 65464; a smaller value in the answer is legal.
  [
    'blksize',
    (terms, asked, _size, limits) => {
      if (!(asked >= 8)) return undefined
      terms.blockSize = Math.min(asked, limits.maxBlockSize)
      return terms.blockSize
    },
  ],
  // RFC 2349: a read request says 0, the answer is the size in bytes.
  ['tsize', (_terms, asked, size) => (asked >= 0 ? size : undefined)],
  // RFC 2349: 1 to 255 seconds; the answer must be the same.
  [
    'timeout',
    (terms, asked) => {
      if (!(asked >= 1 && asked <= 255)) return undefined
      terms.timeoutMs = asked * 1000
      return asked
    },
  ],
  // RFC 7440: 1 to 65535 blocks; a smaller value in the answer is legal.
  [
    'windowsize',
    (terms, asked, _size, limits) => {
      if (!(asked >= 1 && asked <= 65535)) return undefined
      terms.window = Math.min(asked, limits.maxWindow)
      return terms.window
    },
  ],
])
