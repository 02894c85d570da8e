import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import type { Network } from '../../src/net/net.ts'
import { nodeNetwork } from '../../src/net/node.ts'
import { encodeRecord, RecordReader } from '../../src/rpc/record.ts'
import { XdrReader, XdrWriter } from '../../src/rpc/xdr.ts'

/** A call that a fake server received. */
export interface ReceivedCall {
  transport: 'udp' | 'tcp'
  xid: number
  program: number
  version: number
  procedure: number
  uid: number | undefined
  args: XdrReader
  fromPort: number
}

/** Results for a success reply, or a whole reply; undefined: no reply. */
export type Answer = XdrWriter | Buffer | undefined

/** An RPC server on loopback: UDP and TCP on ports of its own. */
export class FakeServer {
  readonly received: ReceivedCall[] = []
  udpPort = 0
  tcpPort = 0
  readonly #answer: (call: ReceivedCall) => Answer
  readonly #udp = dgram.createSocket('udp4')
  readonly #tcp = net.createServer()
  readonly #open = new Set<net.Socket>()

  constructor(answer: (call: ReceivedCall) => Answer) {
    this.#answer = answer
  }

  async start(): Promise<this> {
    this.#udp.on('message', (data, from) => {
      const reply = this.#handle(data, 'udp', from.port)
      if (reply !== undefined) this.#udp.send(reply, from.port, from.address)
    })
    this.#tcp.on('connection', socket => this.#serve(socket))
    this.#udp.bind(0, '127.0.0.1')
    this.#tcp.listen(0, '127.0.0.1')
    await Promise.all([once(this.#udp, 'listening'), once(this.#tcp, 'listening')])
    this.udpPort = this.#udp.address().port
    this.tcpPort = (this.#tcp.address() as net.AddressInfo).port
    return this
  }

  /** Stops serving UDP; its port refuses datagrams from now on. */
  closeUdp(): void {
    this.#udp.close()
  }

  stop(): void {
    try {
      this.#udp.close()
    } catch {
      // was closed by the test
    }
    for (const socket of this.#open) socket.destroy()
    this.#tcp.close()
  }

  #serve(socket: net.Socket): void {
    this.#open.add(socket)
    const records = new RecordReader()
    socket.on('error', () => {})
    socket.on('close', () => this.#open.delete(socket))
    socket.on('data', data => {
      for (const message of records.push(data)) {
        const reply = this.#handle(message, 'tcp', socket.remotePort ?? 0)
        if (reply !== undefined) socket.write(encodeRecord(reply))
      }
    })
  }

  #handle(message: Buffer, transport: 'udp' | 'tcp', fromPort: number): Buffer | undefined {
    const call = { ...readCall(message), transport, fromPort }
    this.received.push(call)
    const answer = this.#answer(call)
    return answer instanceof XdrWriter ? success(call.xid, answer) : answer
  }
}

/** Decodes a call, independently of src/rpc/server. */
export function readCall(message: Buffer): Omit<ReceivedCall, 'transport' | 'fromPort'> {
  const reader = new XdrReader(message)
  const [xid, , , program, version, procedure] = Array.from({ length: 6 }, () => reader.uint32())
  const flavour = reader.uint32()
  const credential = new XdrReader(reader.opaque(400))
  reader.uint32()
  reader.opaque(400)
  let uid: number | undefined
  if (flavour === 1) {
    credential.uint32()
    credential.string(255)
    uid = credential.uint32()
  }
  return { xid: xid!, program: program!, version: version!, procedure: procedure!, uid, args: reader }
}

/** MSG_ACCEPTED, no verifier, SUCCESS. */
export const success = (xid: number, results: XdrWriter): Buffer =>
  reply(xid, 0, 0, 0, 0).raw(results.bytes()).bytes()

/** A reply's head: xid, REPLY, then the words given. */
export function reply(xid: number, ...words: number[]): XdrWriter {
  const writer = new XdrWriter().uint32(xid).uint32(1)
  for (const word of words) writer.uint32(word)
  return writer
}

/** The real network, with well-known ports replaced: other programs may use ports 111 and 2049. */
export function redirect(ports: { udp: Record<number, number>; tcp: Record<number, number> }): Network {
  return {
    http: nodeNetwork.http,
    listen: nodeNetwork.listen,
    udp: options => {
      const { connect } = options
      const to = connect && { ...connect, port: ports.udp[connect.port] ?? connect.port }
      return nodeNetwork.udp({ ...options, connect: to })
    },
    tcp: options => {
      const { to } = options
      return nodeNetwork.tcp({ ...options, to: { ...to, port: ports.tcp[to.port] ?? to.port } })
    },
  }
}
