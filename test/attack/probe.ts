/**
 * Boots over and over, on a host of its own: DHCP (DISCOVER to ACK), TFTP and HTTP (a loader), NFS (MOUNT, LOOKUP, READ),
 * each apart from the others. Prints a JSON line for each answer (Answer).
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type DhcpMessage, decode, encode, messageType, option } from '../../src/dhcp/message.ts'
import { type DhcpOption, MESSAGE_TYPE, OPTION } from '../../src/dhcp/options/codes.ts'
import { addressBytes } from '../../src/net/ipv4.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import type { Transport } from '../../src/rpc/programs.ts'
import { NfsClient } from '../nfs/embedded/nfs-client.ts'
import { get } from '../tftp/client.ts'
import { BE, BROADCAST, LOADER, LOADER_BYTES, PROBE, SERVER } from './network.ts'

export interface Answer {
  what: string
  /** When it was asked for, in ms since 1970, and how long it took. */
  at: number
  ms: number
  /** By how much (ms) the probe itself ran late meanwhile: how busy the machine is. */
  late: number
  /** Why there was none. */
  failed?: string
}

const PAUSE_MS = 100
const PATIENCE_MS = 500
const TIMEOUT_MS = 10_000

const socket = await nodeNetwork.udp({ address: '0.0.0.0', port: 68, broadcast: true })
const chaddr = Buffer.from(PROBE.mac.replaceAll(':', ''), 'hex')
let xid = 1
let onReply = (_: DhcpMessage): unknown => undefined
socket.onMessage(data => onReply(decode(data)))

/** Sends a request, again after PATIENCE_MS, until it is answered or another one is sent. */
async function ask(type: number, more: DhcpOption[]): Promise<DhcpMessage> {
  const own = ++xid
  const packet = encode({
    ...{ op: 1, htype: 1, hops: 0, secs: 0, flags: 0x8000, xid: own, chaddr },
    ...{ ciaddr: '0.0.0.0', yiaddr: '0.0.0.0', siaddr: '0.0.0.0', giaddr: '0.0.0.0', sname: '', file: '' },
    options: [
      [OPTION.messageType, Buffer.of(type)],
      [OPTION.vendorClass, Buffer.from('PXEClient:Arch:00007:UNDI:003000')],
      [93, Buffer.of(0, 7)],
      ...more,
    ],
  })
  const send = () => {
    if (xid === own) socket.send(packet, { address: BROADCAST, port: 67 })
    else clearInterval(again)
  }
  const again = setInterval(send, PATIENCE_MS)
  try {
    return await new Promise<DhcpMessage>(done => {
      onReply = reply => reply.xid === own && done(reply)
      send()
    })
  } finally {
    clearInterval(again)
  }
}

async function dhcp(): Promise<void> {
  const offer = await ask(MESSAGE_TYPE.discover, [])
  const requested: DhcpOption = [OPTION.requestedAddress, addressBytes(offer.yiaddr)]
  const server: DhcpOption = [OPTION.serverId, option(offer, OPTION.serverId)!]
  const reply = await ask(MESSAGE_TYPE.request, [requested, server])
  expect(messageType(reply), MESSAGE_TYPE.ack)
  expect(reply.yiaddr, PROBE.ip)
}

async function tftp(): Promise<void> {
  const file = `be/${BE}/${LOADER}`
  const server = { address: SERVER, port: 69 }
  const common = { network: nodeNetwork, clock: nodeClock, address: PROBE.address, patienceMs: PATIENCE_MS }
  const { bytes } = await get({ ...common, server, file, options: [['blksize', '1468']] })
  expect(bytes.length, LOADER_BYTES)
}

async function http(): Promise<void> {
  const headers = { connection: 'close' }
  const response = await fetch(`http://${SERVER}:8080/be/${BE}/${LOADER}`, { headers })
  expect((await response.arrayBuffer()).byteLength, LOADER_BYTES)
}

async function nfs(transport: Transport): Promise<void> {
  const where = { network: nodeNetwork, clock: nodeClock, address: SERVER, nfs: 2049, mount: 20048 }
  const client = new NfsClient(where, transport)
  const root = await client.mnt(`/ROOT/${BE}`)
  const { data } = await client.read(await client.walk(root, LOADER), 0, 32 << 10)
  expect(data.length, 32 << 10)
}

function expect<T>(found: T, expected: T): void {
  if (found !== expected) throw new Error(`expected ${expected}, found ${found}`)
}

const TICK_MS = 20
/** When the probe ran late, and by how much. */
const delays: { at: number; ms: number }[] = []
let expected = performance.now() + TICK_MS
setInterval(() => {
  const now = performance.now()
  delays.push({ at: now, ms: now - expected })
  if (delays.length > 2000) delays.shift()
  expected = now + TICK_MS
}, TICK_MS)

/** For ever: an answer that does not come within TIMEOUT_MS has failed. */
async function repeat(what: string, once: () => Promise<void>): Promise<void> {
  for (;;) {
    const at = Date.now()
    const start = performance.now()
    const timeout = sleep(TIMEOUT_MS).then(() => {
      throw new Error('no answer')
    })
    const failed = await Promise.race([once(), timeout]).then(
      () => undefined,
      error => String(error),
    )
    timeout.catch(() => {})
    const late = Math.round(Math.max(0, ...delays.filter(delay => delay.at >= start).map(({ ms }) => ms)))
    const ms = Math.round(performance.now() - start)
    const answer: Answer = { what, at, ms, late, ...(failed && { failed }) }
    console.log(JSON.stringify(answer))
    await sleep(PAUSE_MS)
  }
}

void repeat('DHCP', dhcp)
void repeat('TFTP', tftp)
void repeat('HTTP', http)
void repeat('NFS/UDP', () => nfs('udp'))
void repeat('NFS/TCP', () => nfs('tcp'))
