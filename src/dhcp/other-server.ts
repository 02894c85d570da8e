import { randomBytes } from 'node:crypto'
import { BeError, reason } from '../errors/errors.ts'
import { BROADCAST, NO_ADDRESS } from '../net/ipv4.ts'
import type { Clock, Network, UdpSocket } from '../net/net.ts'
import type { Emit } from '../session/event.ts'
import { addressOption, type DhcpMessage, decode, encode } from './message.ts'
import { type DhcpOption, MESSAGE_TYPE, OPTION } from './options/codes.ts'

/**
 * Time (ms) to wait for an answer. A server that probes the address before it offers answers the DISCOVER too
 * late; the INFORM is answered at once.
 */
const WAIT_MS = 1000

export interface SearchOptions {
  network: Network
  clock: Clock
  emit: Emit
  /** This host's address on the segment. */
  address: string
  /** The port of DHCP servers; clients use the next one. */
  port: number
}

/**
 * Broadcasts an INFORM and a DISCOVER of a made-up client, twice within a second. Rejects with
 * BE_DHCP_OTHER_SERVER, naming the first server that answers. Resolves when none does, and, after
 * `dhcp:search-failed`, when the clients' port cannot be opened.
 */
export async function assertNoOtherServer(search: SearchOptions): Promise<void> {
  const { network, clock, emit, address, port } = search
  const sockets: UdpSocket[] = []
  try {
    // The first receives broadcasts; the second sends, and receives answers to this host's address.
    for (const at of [NO_ADDRESS, address]) {
      const options = { address: at, interfaceOf: address, port: port + 1, broadcast: true, reuse: true }
      sockets.push(await network.udp(options))
    }
  } catch (error) {
    for (const socket of sockets) socket.close()
    emit({ event: 'dhcp:search-failed', level: 'warn', detail: { error: reason(error) } })
    return
  }
  const other = await firstAnswer(sockets, clock, address, port)
  for (const socket of sockets) socket.close()
  if (other === undefined) return
  throw new BeError('BE_DHCP_OTHER_SERVER', `${other} is a DHCP server on this network already`, {
    expected: 'to be the only one',
    hint: 'stop it, or set dhcp.mode = "proxy" to work beside it, or dhcp.authoritative = true if both are meant',
  })
}

function firstAnswer(
  sockets: readonly UdpSocket[],
  clock: Clock,
  address: string,
  port: number,
): Promise<string | undefined> {
  const probes = makeProbes(address)
  const send = () => {
    for (const probe of probes) sockets.at(-1)!.send(encode(probe), { address: BROADCAST, port })
  }
  return new Promise(done => {
    const repeat = clock.timer(WAIT_MS / 2, send)
    const timeout = clock.timer(WAIT_MS, () => done(undefined))
    for (const socket of sockets) {
      // A network that cannot be reached has no other server; the DHCP server's own sockets report such errors.
      socket.onError(() => {})
      socket.onMessage(data => {
        const server = serverOf(data, probes[0]!)
        if (server === undefined || server === address) return
        repeat.cancel()
        timeout.cancel()
        done(server)
      })
    }
    send()
  })
}

/** The server that sent this reply to the probe; undefined when it is no reply to it. */
function serverOf(data: Buffer, { xid, chaddr }: DhcpMessage): string | undefined {
  try {
    const reply = decode(data)
    if (reply.op !== 2 || reply.xid !== xid || !reply.chaddr.equals(chaddr)) return undefined
    return addressOption(reply, OPTION.serverId) ?? reply.siaddr
  } catch {
    return undefined
  }
}

/** Neither makes a server bind an address; an offer lapses. */
function makeProbes(address: string): [inform: DhcpMessage, discover: DhcpMessage] {
  const parameters: DhcpOption = [OPTION.parameterList, Buffer.of(OPTION.subnetMask, OPTION.routers)]
  const blank = {
    ...{ op: 1, htype: 1, hops: 0, secs: 0, yiaddr: NO_ADDRESS, siaddr: NO_ADDRESS, giaddr: NO_ADDRESS },
    // Broadcast: else some servers answer to the hardware address, which this host does not have.
    flags: 0x8000,
    ...{ xid: randomBytes(4).readUInt32BE(), chaddr: randomMac(), sname: '', file: '' },
  }
  const typed = (type: number): DhcpOption[] => [[OPTION.messageType, Buffer.of(type)], parameters]
  return [
    { ...blank, ciaddr: address, options: typed(MESSAGE_TYPE.inform) },
    { ...blank, ciaddr: NO_ADDRESS, options: typed(MESSAGE_TYPE.discover) },
  ]
}

/** A locally administered unicast address (IEEE 802: the two lowest bits of the first byte). */
function randomMac(): Buffer {
  const mac = randomBytes(6)
  mac[0] = (mac[0]! & 0xfc) | 2
  return mac
}
