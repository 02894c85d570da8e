import { BeError } from '../errors/errors.ts'

/** IPv4 addresses as dotted text, as unsigned 32-bit numbers and as four bytes of a packet. */

export const NO_ADDRESS = '0.0.0.0'
export const BROADCAST = '255.255.255.255'

/** Whether the text is one dotted IPv4 address: four decimal octets without leading zeros. */
export const isAddress = (text: string): boolean => parse(text) !== undefined

/** `192.168.77.1` → 0xc0a84d01. Throws BE_ADDRESS_SYNTAX on text that is no address. */
export function toNumber(text: string): number {
  const address = parse(text)
  if (address !== undefined) return address
  throw new BeError('BE_ADDRESS_SYNTAX', `'${text}'`, { expected: 'an IPv4 address' })
}

/** 0xc0a84d01 → `192.168.77.1`. */
export const toText = (n: number): string => `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`

/** Character by character, without allocating: each DHCP packet needs a few of these. */
function parse(text: string): number | undefined {
  let address = 0
  let octets = 0
  let digits = 0
  let octet = 0
  for (let at = 0; at <= text.length; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit >= 0 && digit <= 9 && digits < 3 && (digits === 0 || octet > 0)) {
      octet = octet * 10 + digit
      digits++
    } else if (digits > 0 && octet <= 255 && (at === text.length || text[at] === '.')) {
      address = address * 256 + octet
      octets++
      digits = 0
      octet = 0
    } else {
      return undefined
    }
  }
  return octets === 4 ? address : undefined
}

/** The address in four bytes of a packet. */
export function readAddress(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
}

/** The four bytes of an address, in network byte order. Throws BE_ADDRESS_SYNTAX. */
export function addressBytes(address: string): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(toNumber(address))
  return bytes
}

/** One IPv4 network. */
export class Subnet {
  readonly network: number
  readonly broadcast: number

  /** `address`: any address of the network. */
  constructor(address: string, netmask: string) {
    const mask = toNumber(netmask)
    this.network = (toNumber(address) & mask) >>> 0
    this.broadcast = (this.network | ~mask) >>> 0
  }

  /** Whether the address is in this network; the network's own and its broadcast address count. */
  has(address: number): boolean {
    return address >= this.network && address <= this.broadcast
  }

  /** Whether a host may have the address: in this network, but neither its own nor its broadcast address. */
  hasHost(address: number): boolean {
    return address > this.network && address < this.broadcast
  }
}
