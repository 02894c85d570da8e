import { crc32 } from 'node:zlib'
import { CHADDR, CHADDR_SIZE, type DhcpMessage, option } from './message.ts'
import { OPTION } from './options/codes.ts'
import { formatMac } from './options/mac.ts'

/** Hardware types whose addresses are too long for chaddr: hlen is 0, and the client identifier tells clients apart. */
const WITHOUT_CHADDR: Readonly<Record<number, string>> = {
  24: 'an IEEE 1394 client (RFC 2855)',
  32: 'an InfiniBand client (RFC 4390)',
}

/** Of an identifier that is longer than a hardware address: its end, which holds the GUID of the port, if it has one. */
const TAIL = 12

/**
 * What a client is known by: chaddr, or what stands for it where the client has a client identifier only. Two
 * identifiers give the same with a probability of 2^-32, and only if they have the same end.
 */
export function hardwareAddress(message: DhcpMessage): Buffer {
  const { chaddr } = message
  const identifier = chaddr.length === 0 ? clientIdentifier(message) : undefined
  if (identifier === undefined) return chaddr
  if (identifier.length <= CHADDR_SIZE) return identifier
  const sum = Buffer.allocUnsafe(4)
  sum.writeUInt32BE(crc32(identifier))
  return Buffer.concat([sum, identifier.subarray(-TAIL)])
}

/** Why a request is not one machine's; undefined when it is. */
export function notOneMachine(message: DhcpMessage): string | undefined {
  const { chaddr, htype } = message
  if (chaddr.length > 0) {
    const isOne = (chaddr[0]! & 1) === 0 && chaddr.some(byte => byte !== 0)
    return isOne ? undefined : 'no hardware address of one machine'
  }
  const kind = WITHOUT_CHADDR[htype]
  if (kind === undefined) return `no hardware address (hardware type ${htype})`
  return clientIdentifier(message) === undefined ? `${kind} without a client identifier` : undefined
}

/** Option 61 of a client without chaddr; one of zeros would be that of all of them. */
function clientIdentifier(message: DhcpMessage): Buffer | undefined {
  if (WITHOUT_CHADDR[message.htype] === undefined) return undefined
  const value = option(message, OPTION.clientId)
  return value?.subarray(1).some(byte => byte !== 0) ? value : undefined
}

/** The hardware address in a packet that cannot be decoded; empty when it has none. */
export function chaddrOf(packet: Buffer): string {
  const length = Math.min(packet[2] ?? 0, CHADDR_SIZE)
  return packet.length < CHADDR + CHADDR_SIZE ? '' : formatMac(packet.subarray(CHADDR, CHADDR + length))
}
