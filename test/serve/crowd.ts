/**
 * COUNT machines that boot at once, on the real network, as firmware does: `crowd.ts SERIES COUNT [PIDFILE REPLIES]`.
 * Their MACs are 02:00:00:00:SERIES:n. Each sends requests until it has its ACK; every ACK is printed as one JSON
 * line. At the REPLIES-th reply the process in PIDFILE is killed by SIGKILL.
 */
import { readFileSync } from 'node:fs'
import { type DhcpMessage, decode, encode, messageType, option } from '../../src/dhcp/message.ts'
import { type DhcpOption, MESSAGE_TYPE, OPTION } from '../../src/dhcp/options/codes.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'

const [series = '0', count = '1', pidFile, replies = '0'] = process.argv.slice(2)
const SERVER_PORT = { address: '192.168.77.255', port: 67 }
const RETRY_MS = 700

const socket = await nodeNetwork.udp({
  address: '0.0.0.0',
  port: 68,
  broadcast: true,
  receiveBuffer: 1 << 20,
})
/** By transaction id. */
const waiting = new Map<number, Machine>()
let seen = 0

class Machine {
  readonly mac: Buffer
  readonly xid: number
  readonly #done: () => void
  #offer: DhcpMessage | undefined

  constructor(number: number, done: () => void) {
    this.mac = Buffer.from([2, 0, 0, 0, Number(series), number])
    this.xid = (Number(series) << 16) | (number << 4) | 1
    this.#done = done
  }

  /** Sends a DISCOVER: a server that was killed has lost its offer. */
  ask(): void {
    if (!waiting.has(this.xid)) return
    this.#offer = undefined
    this.#send(MESSAGE_TYPE.discover, [])
    nodeClock.timer(RETRY_MS, () => this.ask())
  }

  take(reply: DhcpMessage): void {
    if (messageType(reply) === MESSAGE_TYPE.offer && this.#offer === undefined) {
      this.#offer = reply
      const requested: DhcpOption = [
        OPTION.requestedAddress,
        Buffer.from(reply.yiaddr.split('.').map(Number)),
      ]
      this.#send(MESSAGE_TYPE.request, [requested, [OPTION.serverId, option(reply, OPTION.serverId)!]])
    } else if (messageType(reply) === MESSAGE_TYPE.ack) {
      waiting.delete(this.xid)
      const mac = this.mac.toString('hex').match(/../g)!.join(':')
      console.log(JSON.stringify({ mac, ip: reply.yiaddr, file: reply.file }))
      this.#done()
    }
  }

  #send(type: number, more: DhcpOption[]): void {
    const packet = encode({
      ...{ op: 1, htype: 1, hops: 0, secs: 0, flags: 0x8000, xid: this.xid, chaddr: this.mac },
      ...{ ciaddr: '0.0.0.0', yiaddr: '0.0.0.0', siaddr: '0.0.0.0', giaddr: '0.0.0.0', sname: '', file: '' },
      options: [
        [OPTION.messageType, Buffer.of(type)],
        [OPTION.vendorClass, Buffer.from('PXEClient:Arch:00007:UNDI:003000')],
        [93, Buffer.of(0, 7)],
        ...more,
      ],
    })
    socket.send(packet, SERVER_PORT)
  }
}

socket.onError(() => {})
socket.onMessage(data => {
  const reply = decode(data)
  const machine = waiting.get(reply.xid)
  if (reply.op !== 2 || machine === undefined || !reply.chaddr.equals(machine.mac)) return
  seen++
  machine.take(reply)
  if (pidFile !== undefined && seen === Number(replies)) {
    process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL')
    console.log('killed')
  }
})

const machines = Array.from({ length: Number(count) }, (_, number) => {
  return new Promise<void>(done => {
    const machine = new Machine(number, done)
    waiting.set(machine.xid, machine)
    machine.ask()
  })
})
await Promise.all(machines)
socket.close()
process.exit(0)
