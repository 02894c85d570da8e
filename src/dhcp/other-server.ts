import { randomBytes } from 'node:crypto'
import { BeError, reason } from '../errors/errors.ts'
import { BROADCAST, NO_ADDRESS } from '../net/ipv4.ts'
import type { Clock, Network, UdpSocket } from '../net/net.ts'
import type { Emit } from '../session/event.ts'
import { addressOption, type DhcpMessage, decode, encode } from './message.ts'
import { type DhcpOption, MESSAGE_TYPE, OPTION } from './options/codes.ts'

/** A server that pings before it offers is deaf for seconds then; the INFORM before it is answered at once. */
const WAIT_MS = 1000

export interface SearchOptions {
  network: Network
  clock: Clock
  emit: Emit
  /** This host's address on the segment. */
  address: string
  /** Where DHCP servers listen; clients do on the next port. */
  port: number
}

/**
 * Looks for a DHCP server on the segment: an INFORM and a DISCOVER of a client that nobody knows, by
 * broadcast, twice within a second. Rejects with BE_DHCP_OTHER_SERVER, naming the first that answers.
 * When it cannot look, because the clients' port is not to be had, an event says so and it resolves.
 */
export async function assertNoOtherServer(search: SearchOptions): Promise<void> {
  const { network, clock, emit, address, port } = search
  const sockets: UdpSocket[] = []
  try {
    // Broadcasts arrive on the first, answers to this host's address on the second, which asks.
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
    exit: 'unavailable',
  })
}

function firstAnswer(
  sockets: readonly UdpSocket[],
  clock: Clock,
  address: string,
  port: number,
): Promise<string | undefined> {
  const probes = makeProbes(address)
  const ask = () => {
    for (const probe of probes) sockets.at(-1)!.send(encode(probe), { address: BROADCAST, port })
  }
  return new Promise(done => {
    const again = clock.timer(WAIT_MS / 2, ask)
    const enough = clock.timer(WAIT_MS, () => done(undefined))
    for (const socket of sockets) {
      // No network, no other server on it: what matters is said by who answers clients.
      socket.onError(() => {})
      socket.onMessage(data => {
        const server = serverOf(data, probes[0]!)
        if (server === undefined || server === address) return
        again.cancel()
        enough.cancel()
        done(server)
      })
    }
    ask()
  })
}

/** Who sent this reply to us; undefined when it is no reply, or to somebody else. */
function serverOf(data: Buffer, { xid, chaddr }: DhcpMessage): string | undefined {
  try {
    const reply = decode(data)
    if (reply.op !== 2 || reply.xid !== xid || !reply.chaddr.equals(chaddr)) return undefined
    return addressOption(reply, OPTION.serverId) ?? reply.siaddr
  } catch {
    return undefined
  }
}

/** Neither binds an address anywhere; an offer lapses. */
function makeProbes(address: string): [inform: DhcpMessage, discover: DhcpMessage] {
  const wants: DhcpOption = [OPTION.parameterList, Buffer.of(OPTION.subnetMask, OPTION.routers)]
  const blank = {
    ...{ op: 1, htype: 1, hops: 0, secs: 0, yiaddr: NO_ADDRESS, siaddr: NO_ADDRESS, giaddr: NO_ADDRESS },
    // Else some servers answer to the hardware address, which is not ours.
    flags: 0x8000,
    ...{ xid: randomBytes(4).readUInt32BE(), chaddr: strangersMac(), sname: '', file: '' },
  }
  const typed = (type: number): DhcpOption[] => [[OPTION.messageType, Buffer.of(type)], wants]
  return [
    { ...blank, ciaddr: address, options: typed(MESSAGE_TYPE.inform) },
    { ...blank, ciaddr: NO_ADDRESS, options: typed(MESSAGE_TYPE.discover) },
  ]
}

/** Locally administered, unicast (IEEE 802, the two lowest bits of the first byte). */
function strangersMac(): Buffer {
  const mac = randomBytes(6)
  mac[0] = (mac[0]! & 0xfc) | 2
  return mac
}
