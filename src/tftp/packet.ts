/**
 * TFTP packets: RFC 1350 section 5, with the options of RFC 2347. Nothing here does I/O.
 */

/** RFC 1350, section 5: the first two bytes. */
export const OPCODE = { rrq: 1, wrq: 2, data: 3, ack: 4, error: 5, oack: 6 } as const

/**
 * Error codes (RFC 1350, appendix; 8: RFC 2347). This server never sends 0, "not defined": FreeBSD's loader maps the
 * code to errno, and takes 0 for a directory that was opened.
 */
export const ERROR = {
  undefined: 0,
  notFound: 1,
  access: 2,
  full: 3,
  illegal: 4,
  unknownTid: 5,
  exists: 6,
  noUser: 7,
  options: 8,
} as const

/** Options in the order and spelling of the packet. */
export type Options = [name: string, value: string][]

export interface TransferRequest {
  kind: 'rrq' | 'wrq'
  file: string
  /** Lower-case: `octet`, `netascii`, `mail`. */
  mode: string
  options: Options
}

export type Packet =
  | TransferRequest
  | { kind: 'data'; block: number; data: Buffer }
  | { kind: 'ack'; block: number }
  | { kind: 'error'; code: number; message: string }
  | { kind: 'oack'; options: Options }

export interface Malformed {
  kind: 'malformed'
  why: string
}

/** Reads one datagram. Never throws: one that cannot be read is `malformed`, with the reason. */
export function parse(datagram: Buffer): Packet | Malformed {
  if (datagram.length < 4) return malformed(`${datagram.length} bytes, expected 4 or more`)
  const opcode = datagram.readUInt16BE(0)
  switch (opcode) {
    case OPCODE.rrq:
    case OPCODE.wrq:
      return parseRequest(opcode === OPCODE.rrq ? 'rrq' : 'wrq', new Cursor(datagram))
    case OPCODE.data:
      return { kind: 'data', block: datagram.readUInt16BE(2), data: datagram.subarray(4) }
    case OPCODE.ack:
      return { kind: 'ack', block: datagram.readUInt16BE(2) }
    case OPCODE.error: {
      // Some clients leave the final NUL out.
      const cursor = new Cursor(datagram)
      cursor.at = 4
      const message = cursor.text() ?? datagram.toString('latin1', 4)
      return { kind: 'error', code: datagram.readUInt16BE(2), message }
    }
    case OPCODE.oack: {
      const options = readOptions(new Cursor(datagram))
      return options === undefined ? malformed('an option without its end') : { kind: 'oack', options }
    }
    default:
      return malformed(`opcode ${opcode}, expected 1 to 6`)
  }
}

/** RFC 1350, figure 5-1: opcode, file NUL, mode NUL, and RFC 2347's name NUL, value NUL pairs. */
function parseRequest(kind: 'rrq' | 'wrq', cursor: Cursor): TransferRequest | Malformed {
  const file = cursor.text('utf8')
  if (file === undefined || file === '') return malformed('no file name')
  const mode = cursor.text()
  if (mode === undefined || mode === '') return malformed('no transfer mode')
  const options = readOptions(cursor)
  if (options === undefined) return malformed('an option without its end')
  return { kind, file, mode: mode.toLowerCase(), options }
}

/** Pairs up to the end, or to an empty name (padding). Undefined when a pair is cut off. */
function readOptions(cursor: Cursor): Options | undefined {
  const options: Options = []
  while (cursor.left > 0) {
    const name = cursor.text()
    if (name === '') break
    const value = cursor.text()
    if (name === undefined || value === undefined) return undefined
    options.push([name, value])
  }
  return options
}

export function buildRequest(request: TransferRequest): Buffer {
  const { kind, file, mode, options } = request
  return Buffer.concat([word(OPCODE[kind]), text(file), text(mode), ...pairs(options)])
}

/** RFC 2347: the options that the server accepts, with its values. */
export function buildOack(options: Options): Buffer {
  return Buffer.concat([word(OPCODE.oack), ...pairs(options)])
}

/** `block` may exceed 65535: its low 16 bits are sent, so numbers wrap to 0. */
export function buildAck(block: number): Buffer {
  return Buffer.concat([word(OPCODE.ack), word(block)])
}

export function buildData(block: number, data: Uint8Array): Buffer {
  return Buffer.concat([word(OPCODE.data), word(block), data])
}

export function buildError(code: number, message: string): Buffer {
  return Buffer.concat([word(OPCODE.error), word(code), text(message)])
}

/** Writes opcode and block number of a DATA packet at `at`; `block` as in buildAck. */
export function writeDataHeader(into: Buffer, at: number, block: number): void {
  into.writeUInt16BE(OPCODE.data, at)
  into.writeUInt16BE(block & 0xffff, at + 2)
}

/** Reads consecutive NUL-terminated strings, from after the opcode. */
class Cursor {
  readonly #bytes: Buffer
  at = 2

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  get left(): number {
    return this.#bytes.length - this.at
  }

  /** The string up to the next NUL; undefined when there is none. */
  text(encoding: 'latin1' | 'utf8' = 'latin1'): string | undefined {
    const end = this.#bytes.indexOf(0, this.at)
    if (end < 0) return undefined
    const text = this.#bytes.toString(encoding, this.at, end)
    this.at = end + 1
    return text
  }
}

const malformed = (why: string): Malformed => ({ kind: 'malformed', why })
const word = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff])
const text = (value: string) => Buffer.from(`${value}\0`)
const pairs = (options: Options) => options.flatMap(([name, value]) => [text(name), text(value)])
