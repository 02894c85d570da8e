import { setImmediate } from 'node:timers/promises'
import { createMagicPacket } from 'wake_on_lan'
import { BeError } from '../errors/errors.ts'
import { parseMac } from '../machines/mac.ts'
import { parseSecureOn } from '../machines/secureon.ts'
import type { Endpoint, Network } from '../net/net.ts'

export interface WakeOptions {
  network: Pick<Network, 'udp'>
  /** The host's own address in the lab: selects the interface. */
  from: string
  /** The lab subnet's broadcast address. */
  broadcast: string
  /** In any spelling. */
  mac: string
  /** SecureOn password, see `parseSecureOn`. */
  password?: string
  /** Default: 9 (discard) and 7 (echo), which network cards and forwarding routers are set to. */
  ports?: readonly number[]
}

/** One datagram; with `error` it was not sent. */
export interface SentDatagram extends Endpoint {
  error?: string
}

/** The datagrams of one magic packet. Magic packets are not answered, so this is all that is known of its success. */
export interface WakeRecord {
  mac: string
  from: string
  /** Size of each datagram: 102, 106 or 108. */
  bytes: number
  sent: SentDatagram[]
}

/** 6 × 0xff, 16 × MAC, and the SecureOn password if any (AMD, Magic Packet Technology, 1995). */
export function magicPacket(mac: string, password?: string): Buffer {
  const packet = createMagicPacket(parseMac(mac))
  return password === undefined ? packet : Buffer.concat([packet, parseSecureOn(password)])
}

/**
 * Sends a magic packet from the lab address to the subnet's broadcast and to 255.255.255.255, to each port.
 * @throws BeError BE_MAC_INVALID, BE_MAC_NOT_UNICAST, BE_WOL_PASSWORD; BE_WOL_NOT_SENT when not one
 * datagram left; those of `Network.udp`
 */
export async function wake(options: WakeOptions): Promise<WakeRecord> {
  const packet = magicPacket(options.mac, options.password)
  const addresses = [...new Set([options.broadcast, '255.255.255.255'])]
  const sent: SentDatagram[] = addresses.flatMap(address =>
    (options.ports ?? [9, 7]).map(port => ({ address, port })),
  )
  const socket = await options.network.udp({ address: options.from, port: 0, broadcast: true })
  try {
    socket.onError(error => recordError(sent, error))
    for (const { address, port } of sent) socket.send(packet, { address, port })
    // Closing the socket in the same turn of the event loop drops queued datagrams; their errors come a turn later.
    await setImmediate()
    await setImmediate()
  } finally {
    socket.close()
  }
  if (sent.every(({ error }) => error !== undefined)) throw notSent(options, sent)
  return { mac: parseMac(options.mac), from: options.from, bytes: packet.length, sent }
}

/** Node's error names the destination; without one it concerns the socket, and so all datagrams. */
function recordError(sent: SentDatagram[], error: Error & { address?: string; port?: number }): void {
  for (const datagram of sent) {
    const other = datagram.address !== error.address || datagram.port !== error.port
    if (error.address === undefined || !other) datagram.error = error.message
  }
}

const notSent = ({ mac, from }: WakeOptions, sent: SentDatagram[]) =>
  new BeError('BE_WOL_NOT_SENT', `no magic packet for ${mac} could leave from ${from}: ${sent[0]?.error}`, {
    hint: 'check that the lab interface is up and has this address',
  })
