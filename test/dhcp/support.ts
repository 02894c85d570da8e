import type { DhcpReply } from '../../src/boot/dhcp.ts'
import { LeaseDatabase } from '../../src/dhcp/leases/database.ts'
import type { LeaseLog } from '../../src/dhcp/leases/log.ts'
import { type DhcpMessage, decode, encode, option } from '../../src/dhcp/message.ts'
import { type DhcpOption, OPTION } from '../../src/dhcp/options/codes.ts'
import { DhcpServer, type DhcpServerOptions } from '../../src/dhcp/server.ts'
import { addressBytes } from '../../src/net/ipv4.ts'
import type { SimHost } from '../../src/net/sim/host.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import type { SessionEvent } from '../../src/session/event.ts'
import { type CapturedDatagram, capture, captureNames } from '../support/pcap.ts'

export const SERVER = '192.168.77.1'

export const isDhcp = (packet: CapturedDatagram): boolean => packet.from.port + packet.to.port === 135

export const isRequest = (packet: CapturedDatagram): boolean => isDhcp(packet) && packet.payload[0] === 1

/** What the client `mac` sent in a captured boot. */
export const sentBy = (name: string, mac: string): CapturedDatagram[] =>
  capture(name).filter(packet => isRequest(packet) && macOf(packet) === mac)

export const macOf = (packet: CapturedDatagram): string =>
  packet.payload
    .subarray(28, 34)
    .toString('hex')
    .replace(/(..)(?=.)/g, '$1:')

export const allDhcp = (): [name: string, packet: CapturedDatagram][] =>
  captureNames().flatMap(name =>
    capture(name)
      .filter(isDhcp)
      .map(packet => [name, packet] as [string, CapturedDatagram]),
  )

/** A disk in memory; `durable` is what a crash leaves. */
export class MemoryLog implements LeaseLog {
  stored = Buffer.alloc(0)
  /** Lengths of the appends, one for each sync. */
  readonly appends: number[] = []
  replaced = 0
  aside = ''
  fail: Error | undefined
  /** Writes wait for it. */
  gate: Promise<void> | undefined

  async read(): Promise<Buffer> {
    return this.stored
  }

  async append(data: Buffer): Promise<void> {
    await this.gate
    if (this.fail) {
      this.stored = Buffer.concat([this.stored, data.subarray(0, data.length >> 1)])
      throw this.fail
    }
    this.appends.push(data.length)
    this.stored = Buffer.concat([this.stored, data])
  }

  async replace(data: Buffer): Promise<void> {
    await this.gate
    if (this.fail) throw this.fail
    this.replaced++
    this.stored = Buffer.from(data)
  }

  async setAside(data: Buffer): Promise<void> {
    this.aside += String(data)
  }

  async close(): Promise<void> {}
}

export const text = (code: number, value: string): DhcpOption => [code, Buffer.from(value, 'latin1')]

/** A boot plan as the planner makes them for a FreeBSD BE on NFS. */
export const PLAN: DhcpReply = {
  siaddr: SERVER,
  file: 'be/test/boot/loader.efi',
  options: [
    [1, addressBytes('255.255.255.0')],
    [3, addressBytes(SERVER)],
    text(17, `${SERVER}:/ROOT/test`),
    text(250, 'nbe.be=test'),
  ],
}

/** A DHCP server on a simulated segment, with its replies and events. */
export interface Lab {
  net: SimNetwork
  server: DhcpServer
  disk: MemoryLog
  leases: LeaseDatabase
  events: SessionEvent[]
  /** Replies in the order they were sent. */
  replies: { message: DhcpMessage; to: { address: string; port: number }; bytes: Buffer }[]
  /** Sends a request; resolves with the replies to it. */
  ask(
    request: DhcpMessage | Buffer,
    from?: string,
    to?: { address: string; port: number },
  ): Promise<DhcpMessage[]>
  stop(): Promise<void>
}

type Overrides = Partial<Omit<DhcpServerOptions, 'lab'>> & {
  lab?: Partial<DhcpServerOptions['lab']>
  disk?: MemoryLog
  net?: SimNetwork
}

export async function startLab(overrides: Overrides = {}): Promise<Lab> {
  const net = overrides.net ?? new SimNetwork({ impairments: { latencyMs: 0.1 } })
  const disk = overrides.disk ?? new MemoryLog()
  const leases = overrides.leases ?? (await LeaseDatabase.open({ log: disk, clock: net.clock }))
  const events: SessionEvent[] = []
  const server = new DhcpServer({
    network: net.host(SERVER),
    clock: net.clock,
    emit: event => events.push(event),
    mode: 'authority',
    reservation: () => undefined,
    reservedFor: () => undefined,
    plan: async () => PLAN,
    ...overrides,
    leases,
    lab: {
      address: SERVER,
      netmask: '255.255.255.0',
      pool: ['192.168.77.130', '192.168.77.199'],
      leaseSeconds: 43_200,
      ...overrides.lab,
    },
  })
  await server.start()
  const replies: Lab['replies'] = []
  const hosts = new Map<string, SimHost>()
  const ask: Lab['ask'] = async (
    request,
    from = '0.0.0.0',
    to = { address: '255.255.255.255', port: 67 },
  ) => {
    if (!hosts.has(from)) hosts.set(from, net.host(from))
    const before = replies.length
    const seen = net.sent.length
    net.transmit({ address: from, port: 68 }, to, Buffer.isBuffer(request) ? request : encode(request))
    await net.clock.advance(1)
    for (const { from: source, to: target, data } of net.sent.slice(seen)) {
      if (source.address === SERVER) replies.push({ message: decode(data), to: target, bytes: data })
    }
    return replies.slice(before).map(reply => reply.message)
  }
  return { net, server, disk, leases, events, replies, ask, stop: () => server.stop() }
}

/** A client's request with these options. */
export function request(
  type: number,
  options: DhcpOption[] = [],
  header: Partial<DhcpMessage> = {},
): DhcpMessage {
  return {
    op: 1,
    htype: 1,
    hops: 0,
    xid: 0x1234,
    secs: 0,
    flags: 0,
    ciaddr: '0.0.0.0',
    yiaddr: '0.0.0.0',
    siaddr: '0.0.0.0',
    giaddr: '0.0.0.0',
    chaddr: Buffer.from('525400770001', 'hex'),
    sname: '',
    file: '',
    ...header,
    options: [...(type === 0 ? [] : [[OPTION.messageType, Buffer.of(type)] as DhcpOption]), ...options],
  }
}

/** Options of an operating system's client: a parameter list, so that it counts as no FreeBSD loader and may get a NAK. */
export const OS: DhcpOption[] = [[55, Buffer.of(1, 3, 6, 15)], text(60, 'udhcp 1.36.1')]

/** The nth machine. */
export const mac = (n: number): Buffer => Buffer.from([0x52, 0x54, 0, 0x99, n >> 8, n & 255])

export const requested = (ip: string): DhcpOption => [OPTION.requestedAddress, addressBytes(ip)]

export const serverId = (ip = SERVER): DhcpOption => [OPTION.serverId, addressBytes(ip)]

/** Type of a reply. */
export const typeOf = (message: DhcpMessage | undefined): number | undefined =>
  message && option(message, OPTION.messageType)?.[0]

export const eventNames = (lab: Lab): string[] => lab.events.map(event => event.event)
