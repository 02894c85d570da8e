import { BeError } from '../errors/errors.ts'

/** IPv4 addresses as unsigned 32-bit numbers, for arithmetic on pools and subnets. */

export const NO_ADDRESS = '0.0.0.0'
export const BROADCAST = '255.255.255.255'

/**
 * `192.168.77.1` → 0xc0a84d01. Throws BE_ADDRESS_SYNTAX on anything but four decimal octets without
 * leading zeros. By hand because every packet needs a few of these.
 */
export function toNumber(text: string): number {
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
      return notAnAddress(text)
    }
  }
  return octets === 4 ? address : notAnAddress(text)
}

function notAnAddress(text: string): never {
  throw new BeError('BE_ADDRESS_SYNTAX', `'${text}'`, { expected: 'an IPv4 address', exit: 'config' })
}

/** 0xc0a84d01 → `192.168.77.1`. */
export const toText = (n: number): string => `${n >>> 24}.${(n >>> 16) & 255}.${(n >>> 8) & 255}.${n & 255}`

/** The address in four bytes of a packet. */
export function readAddress(bytes: Uint8Array, at = 0): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`
}

/** The four bytes of an address, as an option's value. */
export function addressBytes(address: string): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(toNumber(address))
  return bytes
}

/** One IPv4 network. */
export class Subnet {
  readonly network: number
  readonly broadcast: number

  /** `address`: any host of it. */
  constructor(address: string, netmask: string) {
    const mask = toNumber(netmask)
    this.network = (toNumber(address) & mask) >>> 0
    this.broadcast = (this.network | ~mask) >>> 0
  }

  /** An address of this network, its own and its broadcast included. */
  has(address: number): boolean {
    return address >= this.network && address <= this.broadcast
  }

  /** A host's address in this network: neither the network's own nor its broadcast. */
  hasHost(address: number): boolean {
    return address > this.network && address < this.broadcast
  }
}
