import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LeaseDatabase } from '../../src/dhcp/leases/database.ts'
import { FileLeaseLog } from '../../src/dhcp/leases/log.ts'
import { decode, encode } from '../../src/dhcp/message.ts'
import { MESSAGE_TYPE } from '../../src/dhcp/options/codes.ts'
import { formatMac } from '../../src/dhcp/options/mac.ts'
import type { UdpSocket } from '../../src/net/net.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import { temporaryDirectory } from '../support/temporary.ts'
import { mac, OS, request, requested, serverId, typeOf } from './support.ts'

const SERVER = fileURLToPath(new URL('loaded-server.ts', import.meta.url))
const RELAY = '127.0.0.2'
/** Machines that boot at a time. */
const WINDOW = 48

describe('dhcp server killed under load', () => {
  const tmp = temporaryDirectory()
  let server: ChildProcess | undefined
  let socket: UdpSocket
  let hear: (data: Buffer) => void

  afterEach(async () => {
    socket.close()
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
    server.kill('SIGKILL')
    await once(server, 'exit')
  })

  async function start(port: number, log: string): Promise<void> {
    server = spawn(process.execPath, [SERVER, String(port), log], { stdio: ['ignore', 'pipe', 'inherit'] })
    const ended = once(server, 'exit').then(([code]) => assert.fail(`the server ended with ${code}`))
    await Promise.race([once(server.stdout!, 'data'), ended])
    ended.catch(() => {})
  }

  it('every ACK that a client received is a lease after kill -9 and a restart, and no other machine gets the address', async () => {
    const log = join(tmp.path, 'leases.log')
    // As a relay agent: all replies come to one address, on the loopback interface.
    socket = await nodeNetwork.udp({ address: RELAY, port: 0, reuse: true, receiveBuffer: 1 << 20 })
    socket.onMessage(data => hear(data))
    const { port } = socket.local
    const owners = new Map<string, string>()
    let booted = 0
    for (const enough of [1, 150, 400, 30, 600, 250]) {
      await start(port, log)
      const load = new Load(packet => socket.send(packet, { address: '127.0.0.1', port }), booted)
      hear = data => {
        load.hear(data)
        if (load.seen.size === enough) server!.kill('SIGKILL')
      }
      load.start()
      const [, signal] = await once(server!, 'exit')
      load.stop()
      assert.equal(signal, 'SIGKILL', 'the server ended by itself')
      const { seen } = load
      for (const [who, ip] of seen) {
        assert.equal(owners.get(ip) ?? who, who, `${ip} was given to two machines`)
        owners.set(ip, who)
      }
      booted += enough
      const leases = await LeaseDatabase.open({ log: new FileLeaseLog(log), clock: nodeClock })
      for (const [ip, who] of owners) assert.equal(leases.byIp(ip)?.mac, who, `${ip} of ${who} is lost`)
      await leases.close()
    }
    assert.ok(owners.size >= 900, `${owners.size} machines booted`)
  }).timeout(60_000)
})

/** Boots machines from number `first` on, many at a time; one in three has booted before. */
class Load {
  /** The acknowledged address of each machine. */
  readonly seen = new Map<string, string>()
  readonly #send: (packet: Buffer) => void
  readonly #first: number
  #next: number
  readonly #waiting = new Map<string, Buffer>()
  #again: NodeJS.Timeout | undefined

  constructor(send: (packet: Buffer) => void, first: number) {
    this.#send = send
    this.#first = first
    this.#next = first
  }

  start(): void {
    for (let n = 0; n < WINDOW; n++) this.#begin()
    // A full queue drops packets: repeat those without an answer.
    this.#again = setInterval(() => {
      for (const packet of this.#waiting.values()) this.#send(packet)
    }, 500)
  }

  stop(): void {
    clearInterval(this.#again)
    this.#waiting.clear()
  }

  hear(data: Buffer): void {
    const reply = decode(data)
    const who = formatMac(reply.chaddr)
    if (!this.#waiting.has(who)) return
    if (typeOf(reply) === MESSAGE_TYPE.offer) this.#ask(reply.xid, MESSAGE_TYPE.request, reply.yiaddr)
    else {
      assert.equal(typeOf(reply), MESSAGE_TYPE.ack)
      this.#waiting.delete(who)
      this.seen.set(who, reply.yiaddr)
      this.#begin()
    }
  }

  #begin(): void {
    const n = this.#next++
    const old = n % 3 === 0 && this.#first > 0 ? n % this.#first : n
    this.#ask(this.#waiting.has(formatMac(mac(old))) ? n : old, MESSAGE_TYPE.discover)
  }

  #ask(n: number, type: number, ip?: string): void {
    const chaddr = mac(n)
    const taken = ip === undefined ? [] : [requested(ip), serverId('127.0.0.1')]
    const packet = encode(request(type, [...taken, ...OS], { chaddr, xid: n, giaddr: RELAY }))
    this.#waiting.set(formatMac(chaddr), packet)
    this.#send(packet)
  }
}
