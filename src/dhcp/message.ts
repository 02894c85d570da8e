import { chunks, optionBytes } from '../boot/options/option-space.ts'
import { BeError } from '../errors/errors.ts'
import { NO_ADDRESS, readAddress, toNumber } from '../net/ipv4.ts'
import { type DhcpOption, OPTION } from './options/codes.ts'

/** A BOOTP or DHCP message (RFC 2131, section 2). Options in order, each code once. */
export interface DhcpMessage {
  /** 1 request, 2 reply. */
  op: number
  /** Hardware type, 1 is Ethernet. */
  htype: number
  hops: number
  xid: number
  /** Seconds since the client began to boot. */
  secs: number
  /** 0x8000: the broadcast bit. */
  flags: number
  ciaddr: string
  yiaddr: string
  siaddr: string
  giaddr: string
  /** Hardware address; its length is the message's hlen, 16 bytes at most. */
  chaddr: Buffer
  /** Server name, up to the first NUL, bytes as latin1; empty when the field held options (overload). */
  sname: string
  /** Boot file, likewise. */
  file: string
  options: DhcpOption[]
}

/** Length of the fixed part. */
const FIXED = 236
const COOKIE = 0x63825363
/** The length of a BOOTP message (RFC 951); some clients drop shorter ones. */
const MIN_LENGTH = 300
/** Offset and size of the hardware address. */
export const CHADDR = 28
export const CHADDR_SIZE = 16
const SNAME = 44
const FILE = 108

/** The value of an option; undefined when it is absent. */
export function option(message: DhcpMessage, code: number): Buffer | undefined {
  for (const entry of message.options) if (entry[0] === code) return entry[1]
  return undefined
}

/** The address that an option holds; undefined when it is absent or not of four bytes. */
export function addressOption(message: DhcpMessage, code: number): string | undefined {
  const value = option(message, code)
  return value?.length === 4 ? readAddress(value) : undefined
}

/** Option 53, 0 for BOOTP. */
export const messageType = (message: DhcpMessage): number => option(message, OPTION.messageType)?.[0] ?? 0

const malformed = (found: string, expected: string): BeError =>
  new BeError('BE_DHCP_MALFORMED', `malformed DHCP message: ${found}`, { expected })

/**
 * Reads a message. Options may also be in `file` and `sname` (option 52) and in several parts, which are joined
 * (RFC 3396, section 7); pads are skipped; the end option may be missing. BOOTP messages are accepted: a vendor
 * field that is zero or missing, or no option 53. Values share the packet's memory. Throws BE_DHCP_MALFORMED.
 */
export function decode(packet: Buffer): DhcpMessage {
  if (packet.length < FIXED) throw malformed(`${packet.length} bytes`, `at least ${FIXED}`)
  const op = packet[0]!
  const hlen = packet[2]!
  if (op !== 1 && op !== 2) throw malformed(`op ${op}`, '1 or 2')
  if (hlen > CHADDR_SIZE) throw malformed(`hardware address of ${hlen} bytes`, `at most ${CHADDR_SIZE}`)
  const { options, overload } = readAllOptions(packet)
  return {
    op,
    htype: packet[1]!,
    hops: packet[3]!,
    xid: packet.readUInt32BE(4),
    secs: packet.readUInt16BE(8),
    flags: packet.readUInt16BE(10),
    ciaddr: headerAddress(packet, 12),
    yiaddr: headerAddress(packet, 16),
    siaddr: headerAddress(packet, 20),
    giaddr: headerAddress(packet, 24),
    chaddr: packet.subarray(CHADDR, CHADDR + hlen),
    sname: overload & 2 ? '' : cString(packet, SNAME, FILE),
    file: overload & 1 ? '' : cString(packet, FILE, FIXED),
    options,
  }
}

function readAllOptions(packet: Buffer): { options: DhcpOption[]; overload: number } {
  const list = new OptionParts()
  if (!hasCookie(packet)) return { options: [], overload: 0 }
  list.read(packet.subarray(FIXED + 4))
  const overload = list.takeOverload()
  // The order of RFC 3396, section 5: options, file, sname.
  if (overload & 1) list.read(packet.subarray(FILE, FIXED))
  if (overload & 2) list.read(packet.subarray(SNAME, FILE))
  if (overload !== 0) list.takeOverload()
  return { options: list.join(), overload }
}

/** RFC 951 clients may leave the vendor field zero, or out; any other message without cookie is malformed. */
function hasCookie(packet: Buffer): boolean {
  if (packet.length < FIXED + 4) return false
  const cookie = packet.readUInt32BE(FIXED)
  if (cookie !== COOKIE && cookie !== 0) throw malformed(`cookie 0x${cookie.toString(16)}`, '0x63825363')
  return cookie === COOKIE
}

/** Options in order of first appearance, with the parts of each. */
class OptionParts {
  readonly #parts = new Map<number, Buffer[]>()

  read(field: Buffer): void {
    let at = 0
    while (at < field.length) {
      const code = field[at]!
      if (code === OPTION.end) return
      if (code === OPTION.pad) {
        at++
        continue
      }
      const length = field[at + 1]
      const next = at + 2 + (length ?? 0)
      if (length === undefined || next > field.length) {
        throw malformed(`option ${code} runs over the end`, 'its length to fit')
      }
      const value = field.subarray(at + 2, next)
      const parts = this.#parts.get(code)
      if (parts === undefined) this.#parts.set(code, [value])
      else parts.push(value)
      at = next
    }
  }

  /** Removes option 52 (RFC 2132, section 9.3) and returns its value: bit 0 file, bit 1 sname. */
  takeOverload(): number {
    const value = this.#parts.get(OPTION.overload)?.[0]
    this.#parts.delete(OPTION.overload)
    return value?.length === 1 && value[0]! <= 3 ? value[0]! : 0
  }

  join(): DhcpOption[] {
    const options: DhcpOption[] = []
    for (const [code, parts] of this.#parts) {
      options.push([code, parts.length === 1 ? parts[0]! : Buffer.concat(parts)])
    }
    return options
  }
}

function headerAddress(packet: Buffer, at: number): string {
  return packet.readUInt32BE(at) === 0 ? NO_ADDRESS : readAddress(packet, at)
}

function cString(packet: Buffer, from: number, to: number): string {
  if (packet[from] === 0) return ''
  const nul = packet.indexOf(0, from)
  return packet.toString('latin1', from, nul === -1 || nul > to ? to : nul)
}

/**
 * Writes a message. Options go out in their order with nothing between the last one and the end
 * option: FreeBSD's loader reads a pad there as if it had a length (stand/libsa/bootp.c). Zeros after the end
 * fill it up to 300 bytes. Never overloads `file` or `sname`, never cuts. Throws BE_DHCP_UNENCODABLE when a
 * field does not fit.
 */
export function encode(message: DhcpMessage): Buffer {
  const length = FIXED + 4 + optionBytes(message.options) + 1
  // allocUnsafe takes memory from Node's pool, which is much cheaper than Buffer.alloc.
  const packet = Buffer.allocUnsafe(Math.max(MIN_LENGTH, length)).fill(0)
  packet[0] = message.op
  packet[1] = message.htype
  packet[2] = message.chaddr.length
  packet[3] = message.hops
  packet.writeUInt32BE(message.xid, 4)
  packet.writeUInt16BE(message.secs, 8)
  packet.writeUInt16BE(message.flags, 10)
  writeAddress(packet, message.ciaddr, 12)
  writeAddress(packet, message.yiaddr, 16)
  writeAddress(packet, message.siaddr, 20)
  writeAddress(packet, message.giaddr, 24)
  writeField(packet, 'hardware address', message.chaddr, CHADDR, CHADDR_SIZE)
  writeField(packet, 'server name', Buffer.from(message.sname, 'latin1'), SNAME, 64)
  writeField(packet, 'boot file', Buffer.from(message.file, 'latin1'), FILE, 128)
  packet.writeUInt32BE(COOKIE, FIXED)
  const end = writeOptions(packet, message.options, FIXED + 4)
  packet[end] = OPTION.end
  return packet
}

function writeAddress(packet: Buffer, address: string, at: number): void {
  if (address !== NO_ADDRESS) packet.writeUInt32BE(toNumber(address), at)
}

function writeField(packet: Buffer, what: string, bytes: Buffer, at: number, room: number): void {
  if (bytes.length > room) {
    const found = `${what} of ${bytes.length} bytes`
    throw new BeError('BE_DHCP_UNENCODABLE', found, { expected: `at most ${room}` })
  }
  bytes.copy(packet, at)
}

function writeOptions(packet: Buffer, options: readonly DhcpOption[], start: number): number {
  let at = start
  for (const [code, value] of options) {
    for (let part = 0; part < chunks(value); part++) {
      const piece = value.subarray(part * 255, part * 255 + 255)
      packet[at] = code
      packet[at + 1] = piece.length
      piece.copy(packet, at + 2)
      at += 2 + piece.length
    }
  }
  return at
}
