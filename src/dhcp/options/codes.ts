import { readAddress } from '../../net/ipv4.ts'
import { quote } from './quote.ts'
import { OPTION_TABLE, type OptionType } from './table.ts'

/** Code and raw value; a value may be longer than 255 bytes (RFC 3396). */
export type DhcpOption = [code: number, value: Buffer]

/** What the registry knows of one option. */
export interface OptionInfo {
  code: number
  name: string
  type: OptionType
  /** The RFC, or the program, that defines it. */
  source: string
}

/** Codes that the code names; the rest is data in the table. */
export const OPTION = {
  pad: 0,
  subnetMask: 1,
  routers: 3,
  rootPath: 17,
  broadcast: 28,
  vendorSpecific: 43,
  requestedAddress: 50,
  leaseTime: 51,
  overload: 52,
  messageType: 53,
  serverId: 54,
  parameterList: 55,
  message: 56,
  maxMessageSize: 57,
  vendorClass: 60,
  clientId: 61,
  userClass: 77,
  relayAgent: 82,
  architecture: 93,
  machineId: 97,
  ipxe: 175,
  end: 255,
} as const

/** Option 53 (RFC 2132, section 9.6); the names go on with RFC 3203, 4388, 6926 and 7724. */
export const MESSAGE_TYPE = {
  discover: 1,
  offer: 2,
  request: 3,
  decline: 4,
  ack: 5,
  nak: 6,
  release: 7,
  inform: 8,
} as const

export const MESSAGE_TYPE_NAMES: readonly string[] = [
  'BOOTP',
  ...['DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM', 'FORCERENEW'],
  ...['LEASEQUERY', 'LEASEUNASSIGNED', 'LEASEUNKNOWN', 'LEASEACTIVE', 'BULKLEASEQUERY', 'LEASEQUERYDONE'],
  ...['ACTIVELEASEQUERY', 'LEASEQUERYSTATUS', 'TLS'],
]

const byCode: (OptionInfo | undefined)[] = []
for (const [code, name, type, source] of OPTION_TABLE) byCode[code] = { code, name, type, source }

/** The registry's entry; undefined for an unassigned or private code. */
export const optionInfo = (code: number): OptionInfo | undefined => byCode[code]

/** `root-path`, or `option-224` for a code nobody assigned. */
export const optionName = (code: number): string => byCode[code]?.name ?? `option-${code}`

/** The value for a person. Never throws: bytes that do not fit the option's type are shown in hex. */
export function formatOption(code: number, value: Buffer): string {
  return FORMATS[byCode[code]?.type ?? 'hex'](value) ?? hex(value)
}

const hex = (value: Buffer): string => (value.length === 0 ? '-' : value.toString('hex'))

/** Items of `size` bytes, or undefined when the value is empty or does not divide. */
function items(value: Buffer, size: number, read: (at: number) => string | number): string | undefined {
  if (value.length === 0 || value.length % size !== 0) return undefined
  const out: (string | number)[] = []
  for (let at = 0; at < value.length; at += size) out.push(read(at))
  return out.join(',')
}

const single = (value: Buffer, size: number, read: () => string | number): string | undefined =>
  value.length === size ? String(read()) : undefined

/** A format answers undefined when the bytes are not of its type. */
const FORMATS: Record<OptionType, (value: Buffer) => string | undefined> = {
  address: v => single(v, 4, () => readAddress(v)),
  addresses: v => items(v, 4, at => readAddress(v, at)),
  'address-pairs': v => items(v, 8, at => `${readAddress(v, at)}/${readAddress(v, at + 4)}`),
  bool: v => single(v, 1, () => (v[0] === 0 ? 'no' : 'yes')),
  'client-id': v => (v[0] === 1 && v.length === 7 ? formatMac(v.subarray(1)) : undefined),
  codes: v => items(v, 1, at => v[at]!),
  domains: v => domains(v),
  encapsulated: v => encapsulated(v),
  flag: v => (v.length === 0 ? 'yes' : undefined),
  hex: () => undefined,
  i32: v => single(v, 4, () => v.readInt32BE()),
  'message-type': v => single(v, 1, () => MESSAGE_TYPE_NAMES[v[0]!] ?? v[0]!),
  relay: v => encapsulated(v),
  routes: v => routes(v),
  text: v => quote(v.toString('latin1')),
  u16: v => single(v, 2, () => v.readUInt16BE()),
  u16s: v => items(v, 2, at => v.readUInt16BE(at)),
  u32: v => single(v, 4, () => v.readUInt32BE()),
  u32s: v => items(v, 4, at => v.readUInt32BE(at)),
  u8: v => single(v, 1, () => v[0]!),
  'user-class': v =>
    userClasses(v)
      .map(one => quote(one.toString('latin1')))
      .join(','),
  uuid: v => (v.length === 17 && v[0] === 0 ? formatUuid(v) : undefined),
}

export function formatMac(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at++) text += at === 0 ? HEX[bytes[at]!] : `:${HEX[bytes[at]!]}`
  return text
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * The classes in option 77: length-prefixed as RFC 3004 says, or, when the lengths do not add up, one
 * raw string as iPXE sends it.
 */
export function userClasses(value: Buffer): Buffer[] {
  const classes: Buffer[] = []
  let at = 0
  while (at < value.length) {
    const length = value[at]!
    if (length === 0 || at + 1 + length > value.length) return [value]
    classes.push(value.subarray(at + 1, at + 1 + length))
    at += 1 + length
  }
  return classes
}

/** Option 97's GUID as firmware prints it: the first three fields are little-endian (RFC 4578, UEFI). */
export function formatUuid(value: Buffer): string {
  const at = (from: number, to: number) => value.subarray(1 + from, 1 + to).toString('hex')
  const reversed = (from: number, to: number) =>
    Buffer.from(value.subarray(1 + from, 1 + to))
      .reverse()
      .toString('hex')
  return [reversed(0, 4), reversed(4, 6), reversed(6, 8), at(8, 10), at(10, 16)].join('-')
}

/** Options within an option (43, 82, 175): code, length, value; undefined when the lengths do not add up. */
export function subOptions(value: Buffer): DhcpOption[] | undefined {
  const out: DhcpOption[] = []
  let at = 0
  while (at < value.length) {
    const code = value[at]!
    if (code === OPTION.end) break
    if (code === OPTION.pad) {
      at++
      continue
    }
    const length = value[at + 1]
    if (length === undefined || at + 2 + length > value.length) return undefined
    out.push([code, value.subarray(at + 2, at + 2 + length)])
    at += 2 + length
  }
  return out
}

const encapsulated = (value: Buffer): string | undefined =>
  subOptions(value)
    ?.map(([code, sub]) => `${code}:${hex(sub)}`)
    .join(' ') || undefined

/** RFC 3442: mask width, the significant octets of the destination, the router. */
function routes(value: Buffer): string | undefined {
  const out: string[] = []
  let at = 0
  while (at < value.length) {
    const width = value[at]!
    const octets = Math.ceil(width / 8)
    if (width > 32 || at + 1 + octets + 4 > value.length) return undefined
    const destination = Buffer.alloc(4)
    value.copy(destination, 0, at + 1, at + 1 + octets)
    out.push(`${readAddress(destination)}/${width} via ${readAddress(value, at + 1 + octets)}`)
    at += 1 + octets + 4
  }
  return out.length > 0 ? out.join(', ') : undefined
}

/** RFC 1035, section 4.1.4: labels with compression pointers, here into the option itself (RFC 3397). */
function domains(value: Buffer): string | undefined {
  const out: string[] = []
  let at = 0
  while (at < value.length) {
    const name = domain(value, at)
    if (name === undefined) return undefined
    out.push(quote(name.text))
    at = name.next
  }
  return out.length > 0 ? out.join(',') : undefined
}

function domain(value: Buffer, start: number): { text: string; next: number } | undefined {
  const labels: string[] = []
  let at = start
  let next: number | undefined
  for (;;) {
    const length = value[at]
    if (length === undefined) return undefined
    if (length === 0) return { text: labels.join('.'), next: next ?? at + 1 }
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (value[at + 1] ?? 0xffff)
      // Only backwards, so that pointers cannot chase each other for ever.
      if (target >= at) return undefined
      next ??= at + 2
      at = target
    } else {
      if (length > 63 || at + 1 + length > value.length || labels.length > 127) return undefined
      labels.push(value.toString('latin1', at + 1, at + 1 + length))
      at += 1 + length
    }
  }
}
