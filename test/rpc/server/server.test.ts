import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import net from 'node:net'
import { nodeClock, nodeNetwork } from '../../../src/net/node.ts'
import { encodeCall } from '../../../src/rpc/client/message.ts'
import { encodeRecord, RecordReader } from '../../../src/rpc/record.ts'
import type { ServedProgram } from '../../../src/rpc/server/dispatch.ts'
import { RpcServer } from '../../../src/rpc/server/server.ts'
import { XdrReader } from '../../../src/rpc/xdr.ts'

const LOOPBACK = '127.0.0.1'
const call = (xid: number, procedure: number, more: { program?: number; version?: number } = {}) =>
  encodeCall({
    ...{ xid, program: 77, version: 3, procedure, credential: 'root', args: Buffer.alloc(0) },
    ...more,
  })

describe('rpc/server/server', () => {
  let server: RpcServer
  let release: (() => void) | undefined
  const seen: unknown[] = []

  /** Procedure 0 returns the caller's uid, 1 waits for release(), 2 fails, 3 reads an argument, 4 returns 1 MiB. */
  const program: ServedProgram = {
    number: 77,
    versions: [2, 3],
    async answer({ procedure, credential, args }, reply) {
      if (procedure > 4) return false
      if (procedure === 1) await new Promise<void>(done => (release = done))
      if (procedure === 2) throw new Error('inside')
      if (procedure === 3) args.uint32()
      if (procedure === 4) reply.opaque(Buffer.alloc(1 << 20))
      seen.push(credential)
      reply.uint32(credential?.uid ?? 99)
      return true
    },
  }

  beforeEach(async () => {
    release = undefined
    const options = { network: nodeNetwork, clock: nodeClock, address: LOOPBACK, port: 0, memory: 32 << 20 }
    server = new RpcServer({ ...options, programs: [program] })
    await server.start()
  })
  afterEach(() => server.stop(100))

  async function connect(localAddress = LOOPBACK): Promise<{ socket: net.Socket; next(): Promise<Buffer> }> {
    const socket = net.connect({ port: server.port, host: LOOPBACK, localAddress })
    await once(socket, 'connect')
    const records = new RecordReader(4 << 20)
    const waiting: ((message: Buffer) => void)[] = []
    const here: Buffer[] = []
    socket.on('data', data => {
      for (const message of records.push(data)) {
        const taker = waiting.shift()
        if (taker === undefined) here.push(message)
        else taker(message)
      }
    })
    const next = () => {
      const message = here.shift()
      return message === undefined
        ? new Promise<Buffer>(done => waiting.push(done))
        : Promise.resolve(message)
    }
    return { socket, next }
  }

  async function answers(message: Buffer, from = LOOPBACK): Promise<string> {
    const { socket, next } = await connect(from)
    socket.write(encodeRecord(message))
    const reply = await next()
    socket.destroy()
    return reply.subarray(4).toString('hex')
  }

  const ACCEPTED = '00000001' + '00000000' + '00000000' + '00000000'

  it('answers each kind of wrong call as RFC 5531, section 9, says', async () => {
    assert.equal(await answers(call(1, 0)), `${ACCEPTED}0000000000000000`)
    assert.equal(await answers(call(1, 0, { program: 78 })), `${ACCEPTED}00000001`)
    assert.equal(await answers(call(1, 0, { version: 4 })), `${ACCEPTED}000000020000000200000003`)
    assert.equal(await answers(call(1, 5)), `${ACCEPTED}00000003`)
    assert.equal(await answers(call(1, 3)), `${ACCEPTED}00000004`)
    assert.equal(await answers(call(1, 2)), `${ACCEPTED}00000005`)
    const otherRpc = call(1, 0)
    otherRpc.writeUInt32BE(3, 8)
    assert.equal(await answers(otherRpc), '0000000100000001' + '00000000' + '0000000200000002')
    const kerberos = call(1, 0)
    kerberos.writeUInt32BE(6, 24)
    assert.equal(await answers(kerberos), '0000000100000001' + '00000001' + '00000001')
  })

  it('a call that waits does not delay others of its connection', async () => {
    const { socket, next } = await connect()
    socket.write(Buffer.concat([encodeRecord(call(1, 1)), encodeRecord(call(2, 0))]))
    assert.equal(new XdrReader(await next()).uint32(), 2)
    release!()
    assert.equal(new XdrReader(await next()).uint32(), 1)
    socket.destroy()
  })

  it('no further calls are answered while a client does not read the replies', async () => {
    const { socket } = await connect()
    socket.pause()
    const before = seen.length
    for (let xid = 0; xid < 100; xid++) socket.write(encodeRecord(call(xid, 4)))
    await new Promise(done => setTimeout(done, 300))
    assert.ok(seen.length - before < 60, `${seen.length - before} answers of a megabyte`)
    const taken = new Promise<void>(done => {
      let bytes = 0
      socket.on('data', data => {
        bytes += data.length
        if (bytes >= 100 << 20) done()
      })
    })
    socket.resume()
    await taken
    socket.destroy()
  })

  it('a client that opens many connections does not lock out others', async () => {
    const greedy: net.Socket[] = []
    let refused = 0
    while (refused === 0) {
      const more = Array.from({ length: 64 }, () => net.connect(server.port, LOOPBACK))
      for (const socket of more) socket.on('close', () => refused++).resume()
      await Promise.all(more.map(socket => once(socket, 'connect')))
      greedy.push(...more)
    }
    assert.equal(await answers(call(1, 0), '127.0.0.2'), `${ACCEPTED}0000000000000000`)
    for (const socket of greedy) socket.destroy()
  })

  it('many connections that do not read replies use bounded memory, and do not delay other clients', async () => {
    const before = seen.length
    const open = await Promise.all(Array.from({ length: 40 }, () => connect()))
    for (const { socket } of open) {
      socket.pause()
      for (let xid = 0; xid < 16; xid++) socket.write(encodeRecord(call(xid, 4)))
    }
    for (let i = 0; i < 500 && seen.length - before < 100; i++)
      await new Promise(done => setTimeout(done, 10))
    for (let i = 0; i < 20; i++) await answers(call(1, 0), '127.0.0.2')
    assert.ok(seen.length - before < 400, `${seen.length - before} answers of a megabyte`)
    for (const { socket } of open) socket.destroy()
    assert.equal(await answers(call(1, 0)), `${ACCEPTED}0000000000000000`)
  })

  it('a reply that is too long for a datagram becomes SYSTEM_ERR', async () => {
    const socket = dgram.createSocket('udp4')
    socket.send(call(1, 4), server.port, LOOPBACK)
    const [reply] = await once(socket, 'message')
    socket.close()
    assert.equal(reply.subarray(4).toString('hex'), `${ACCEPTED}00000005`)
  })

  it('data that is no record closes its connection only', async () => {
    const { socket } = await connect()
    socket.write(Buffer.from('ffffffff', 'hex'))
    await once(socket, 'close')
    assert.equal(await answers(call(1, 0)), `${ACCEPTED}0000000000000000`)
  })

  it('stop() answers the calls under way, and takes no more', async () => {
    const { socket, next } = await connect()
    socket.write(encodeRecord(call(1, 1)))
    const { socket: other } = await connect()
    const otherClosed = once(other, 'close')
    while (release === undefined) await new Promise(setImmediate)
    const stopped = server.stop(60_000) // longer than the test may take
    release!()
    assert.equal(new XdrReader(await next()).uint32(), 1)
    await stopped
    await otherClosed
    await assert.rejects(connect(), /ECONNREFUSED/)
    socket.destroy()
  })
})
