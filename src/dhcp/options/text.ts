import { addressBytes } from '../../net/ipv4.ts'
import { type DhcpOption, OPTION, optionInfo } from './codes.ts'
import { OPTION_TABLE, type OptionType } from './table.ts'

/** What the server says by itself, from the lease and the request; nobody else may. */
const OWN: ReadonlySet<number> = new Set([
  ...[OPTION.pad, OPTION.requestedAddress, OPTION.leaseTime, OPTION.overload, OPTION.messageType],
  ...[OPTION.serverId, OPTION.parameterList, OPTION.message, OPTION.maxMessageSize, OPTION.clientId],
  ...[OPTION.relayAgent, OPTION.end],
])

/**
 * Reads `NAME=VALUE` as a person writes an option: the registry's name or the code, and a value of the
 * option's type; lists with commas, bytes of any option as `0x…`. The reverse of formatOption for the types
 * that have a spelling. Answers what was expected when it cannot.
 */
export function parseOption(text: string): DhcpOption | string {
  const [, name, value] = /^([a-z0-9.-]+)=(.*)$/i.exec(text) ?? []
  if (name === undefined || value === undefined) return 'an option as ntp-servers=192.168.2.1 or 224=0x0102'
  const code = codeOf(name)
  if (code === undefined) return `the name or code of a DHCP option instead of ${name}`
  if (OWN.has(code)) return `an option that the server does not set by itself, as it does ${name}`
  const type = optionInfo(code)?.type ?? 'hex'
  const bytes = parseHex(value) ?? attempt(() => PARSE[type]?.(value))
  return bytes === undefined ? `${name} as ${SPELLING[type] ?? 'bytes, 0x0102'}` : [code, bytes]
}

function codeOf(name: string): number | undefined {
  if (/^\d{1,3}$/.test(name)) return Number(name) < 256 ? Number(name) : undefined
  return OPTION_TABLE.find(([, known]) => known === name.toLowerCase())?.[0]
}

const parseHex = (text: string): Buffer | undefined =>
  /^0x(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text.slice(2), 'hex') : undefined

/** What addressBytes throws is no answer either. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch {
    return undefined
  }
}

const words = (text: string): string[] => text.split(/\s*,\s*/)

/** An unsigned number of `size` bytes. */
function unsigned(text: string, size: number): Buffer | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(number < 256 ** size)) return undefined
  const bytes = Buffer.alloc(size)
  bytes.writeUIntBE(number, 0, size)
  return bytes
}

function each(items: string[], parse: (item: string) => Buffer | undefined): Buffer | undefined {
  const parts = items.map(parse)
  return parts.includes(undefined) ? undefined : Buffer.concat(parts as Buffer[])
}

function signed(text: string): Buffer | undefined {
  const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(number >= -(2 ** 31) && number < 2 ** 31)) return undefined
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(number)
  return bytes
}

/** Uncompressed labels (RFC 3397 allows both). */
function domain(name: string): Buffer | undefined {
  const labels = name.split('.')
  if (!labels.every(label => /^[a-z0-9_-]{1,63}$/i.test(label))) return undefined
  return Buffer.concat([
    ...labels.map(label => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.of(0),
  ])
}

/** RFC 3442: width, the octets that matter, the router. */
function route(text: string): Buffer | undefined {
  const [, destination, width, router] = /^([\d.]+)\/(\d{1,2}) via ([\d.]+)$/.exec(text) ?? []
  if (destination === undefined || Number(width) > 32) return undefined
  const octets = addressBytes(destination).subarray(0, Math.ceil(Number(width) / 8))
  return Buffer.concat([Buffer.of(Number(width)), octets, addressBytes(router!)])
}

function yesOrNo(text: string): Buffer | undefined {
  if (/^(yes|true|on)$/i.test(text)) return Buffer.of(1)
  return /^(no|false|off)$/i.test(text) ? Buffer.of(0) : undefined
}

/** Types without an entry are written in hex alone. */
const PARSE: Partial<Record<OptionType, (text: string) => Buffer | undefined>> = {
  address: addressBytes,
  addresses: text => each(words(text), addressBytes),
  'address-pairs': text =>
    each(
      words(text).flatMap(pair => pair.split('/', 2)),
      addressBytes,
    ),
  bool: yesOrNo,
  codes: text => each(words(text), code => unsigned(code, 1)),
  domains: text => each(words(text), domain),
  i32: signed,
  routes: text => each(words(text), route),
  text: text => (/^[\x20-\x7e]+$/.test(text) ? Buffer.from(text, 'latin1') : undefined),
  u8: text => unsigned(text, 1),
  u16: text => unsigned(text, 2),
  u16s: text => each(words(text), item => unsigned(item, 2)),
  u32: text => unsigned(text, 4),
  u32s: text => each(words(text), item => unsigned(item, 4)),
}

const SPELLING: Partial<Record<OptionType, string>> = {
  address: 'an IPv4 address',
  addresses: 'IPv4 addresses with commas',
  'address-pairs': 'pairs of addresses, as 10.0.0.0/192.168.2.254',
  bool: 'yes or no',
  codes: 'numbers up to 255 with commas',
  domains: 'domain names with commas',
  i32: 'a number',
  routes: 'routes, as 10.0.0.0/8 via 192.168.2.254',
  text: 'printable text',
  u8: 'a number up to 255',
  u16: 'a number up to 65535',
  u16s: 'numbers up to 65535 with commas',
  u32: 'a number up to 4294967295',
  u32s: 'numbers with commas',
}
