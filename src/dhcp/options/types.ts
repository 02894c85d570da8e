import { addressBytes, readAddress } from '../../net/ipv4.ts'
import { MESSAGE_TYPE_NAMES } from './codes.ts'
import { domainNameBytes, formatDomainNames } from './domain-names.ts'
import { formatMac } from './mac.ts'
import { quote } from './printable.ts'
import { formatRoutes, routeBytes } from './routes.ts'
import { formatSubOptions } from './sub-options.ts'
import { userClasses } from './user-class.ts'
import { formatUuid } from './uuid.ts'

/** How the value of an option is written as text, and read from it. */
export interface OptionFormat {
  /** Undefined: the bytes are not of this type. Never throws. */
  format(value: Buffer): string | undefined
  /** Undefined, or a throw of BE_ADDRESS_SYNTAX: not of this type. Absent: written in hex only. */
  parse?(text: string): Buffer | undefined
  /** What `parse` takes, for an error message. */
  expected?: string
}

/** The types that a row of the option table may have. */
export const OPTION_TYPES = {
  address: single(4, readAddress, addressBytes, 'an IPv4 address'),
  addresses: list(4, readAddress, addressBytes, 'IPv4 addresses with commas'),
  'address-pairs': {
    format: v => formatItems(v, 8, at => `${readAddress(v, at)}/${readAddress(v, at + 4)}`),
    parse: text => {
      const addresses = items(text).flatMap(pair => pair.split('/', 2))
      return parseItems(addresses, addressBytes)
    },
    expected: 'pairs of addresses, as 10.0.0.0/192.168.2.254',
  },
  bool: single(1, (v, at) => (v[at] === 0 ? 'no' : 'yes'), parseBool, 'yes or no'),
  'client-id': { format: v => (v[0] === 1 && v.length === 7 ? formatMac(v.subarray(1)) : undefined) },
  codes: list(1, uint(1), text => parseUint(text, 1), 'numbers up to 255 with commas'),
  domains: {
    format: formatDomainNames,
    parse: text => parseItems(items(text), domainNameBytes),
    expected: 'domain names with commas',
  },
  /** Options within the option. */
  encapsulated: { format: formatSubOptions },
  /** Present or absent, without a value. */
  flag: { format: v => (v.length === 0 ? 'yes' : undefined) },
  /** No simpler form than the bytes. */
  hex: { format: () => undefined },
  i32: single(4, (v, at) => v.readInt32BE(at), parseInt32, 'a number'),
  'message-type': { format: v => (v.length === 1 ? (MESSAGE_TYPE_NAMES[v[0]!] ?? String(v[0])) : undefined) },
  relay: { format: formatSubOptions },
  routes: {
    format: formatRoutes,
    parse: text => parseItems(items(text), routeBytes),
    expected: 'routes, as 10.0.0.0/8 via 192.168.2.254',
  },
  text: {
    format: v => quote(v.toString('latin1')),
    parse: text => (/^[\x20-\x7e]+$/.test(text) ? Buffer.from(text, 'latin1') : undefined),
    expected: 'printable text',
  },
  u8: single(1, uint(1), text => parseUint(text, 1), 'a number up to 255'),
  u16: single(2, uint(2), text => parseUint(text, 2), 'a number up to 65535'),
  u16s: list(2, uint(2), text => parseUint(text, 2), 'numbers up to 65535 with commas'),
  u32: single(4, uint(4), text => parseUint(text, 4), 'a number up to 4294967295'),
  u32s: list(4, uint(4), text => parseUint(text, 4), 'numbers with commas'),
  'user-class': {
    format: v =>
      userClasses(v)
        .map(one => quote(one.toString('latin1')))
        .join(','),
  },
  uuid: { format: v => (v.length === 17 && v[0] === 0 ? formatUuid(v) : undefined) },
} satisfies Record<string, OptionFormat>

export type OptionType = keyof typeof OPTION_TYPES

type Read = (value: Buffer, at: number) => string | number
type Parse = (text: string) => Buffer | undefined

/** One item of exactly `size` bytes. */
function single(size: number, read: Read, parse: Parse, expected: string): OptionFormat {
  return { format: v => (v.length === size ? String(read(v, 0)) : undefined), parse, expected }
}

/** Items of `size` bytes, at least one; commas in the text. */
function list(size: number, read: Read, parse: Parse, expected: string): OptionFormat {
  return {
    format: v => formatItems(v, size, at => read(v, at)),
    parse: text => parseItems(items(text), parse),
    expected,
  }
}

function formatItems(value: Buffer, size: number, read: (at: number) => string | number): string | undefined {
  if (value.length === 0 || value.length % size !== 0) return undefined
  const out: (string | number)[] = []
  for (let at = 0; at < value.length; at += size) out.push(read(at))
  return out.join(',')
}

const items = (text: string): string[] => text.split(/\s*,\s*/)

function parseItems(texts: string[], parse: Parse): Buffer | undefined {
  const parts = texts.map(parse)
  return parts.includes(undefined) ? undefined : Buffer.concat(parts as Buffer[])
}

function uint(size: number): Read {
  return (value, at) => value.readUIntBE(at, size)
}

/** An unsigned number in `size` bytes. */
function parseUint(text: string, size: number): Buffer | undefined {
  const number = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(number < 256 ** size)) return undefined
  const bytes = Buffer.alloc(size)
  bytes.writeUIntBE(number, 0, size)
  return bytes
}

function parseInt32(text: string): Buffer | undefined {
  const number = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
  if (!(number >= -(2 ** 31) && number < 2 ** 31)) return undefined
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(number)
  return bytes
}

function parseBool(text: string): Buffer | undefined {
  if (/^(yes|true|on)$/i.test(text)) return Buffer.of(1)
  return /^(no|false|off)$/i.test(text) ? Buffer.of(0) : undefined
}
