import type { Options } from './packet.ts'

/** The largest values that this server agrees to. */
export interface OptionLimits {
  /** Largest blksize in bytes; 1468 fills a frame of 1500 bytes and is never fragmented. */
  maxBlockSize: number
  /** Largest windowsize in blocks. */
  maxWindow: number
}

/** The options of one transfer. */
export interface NegotiatedOptions {
  /** Bytes of data in a block. */
  blockSize: number
  /** Blocks that are sent without waiting for an ACK. */
  window: number
  /** Retransmission interval (ms) that the client asked for. */
  timeoutMs?: number
  /** Content of the OACK. Empty: no OACK, the first DATA answers the request (RFC 2347). */
  accepted: Options
}

/**
 * Negotiates the options of a read request for a file of `size` bytes. Only options of the request are answered,
 * in its order and spelling, and never with a larger blksize or windowsize: a FreeBSD loader aborts on anything
 * else. Options that are unknown, or whose value makes no sense, are ignored (RFC 2347); of two with the same
 * name the first counts.
 */
export function negotiate(requested: Options, size: number, limits: OptionLimits): NegotiatedOptions {
  const result: NegotiatedOptions = { blockSize: 512, window: 1, accepted: [] }
  const seen = new Set<string>()
  for (const [name, value] of requested) {
    const option = name.toLowerCase()
    const settle = OPTIONS.get(option)
    if (settle === undefined || seen.has(option)) continue
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    const answer = settle(result, number, size, limits)
    if (answer === undefined) continue
    seen.add(option)
    result.accepted.push([name, String(answer)])
  }
  return result
}

/** Applies one option; returns the value for the OACK, undefined to ignore the option. */
type Settle = (
  result: NegotiatedOptions,
  value: number,
  size: number,
  limits: OptionLimits,
) => number | undefined

const OPTIONS = new Map<string, Settle>([
  // RFC 2348: 8 to 65464; a smaller value in the answer is legal.
  [
    'blksize',
    (result, value, _size, limits) => {
      if (!(value >= 8)) return undefined
      result.blockSize = Math.min(value, limits.maxBlockSize)
      return result.blockSize
    },
  ],
  // RFC 2349: a read request says 0, the answer is the size in bytes.
  ['tsize', (_result, value, size) => (value >= 0 ? size : undefined)],
  // RFC 2349: 1 to 255 seconds; the answer must be the same.
  [
    'timeout',
    (result, value) => {
      if (!(value >= 1 && value <= 255)) return undefined
      result.timeoutMs = value * 1000
      return value
    },
  ],
  // RFC 7440: 1 to 65535 blocks; a smaller value in the answer is legal.
  [
    'windowsize',
    (result, value, _size, limits) => {
      if (!(value >= 1 && value <= 65535)) return undefined
      result.window = Math.min(value, limits.maxWindow)
      return result.window
    },
  ],
])
