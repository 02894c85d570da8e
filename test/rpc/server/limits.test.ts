import assert from 'node:assert/strict'
import type { Endpoint, TcpConnection } from '../../../src/net/net.ts'
import { SimNetwork } from '../../../src/net/sim/network.ts'
import { encodeCall } from '../../../src/rpc/client/message.ts'
import { encodeRecord, RecordReader } from '../../../src/rpc/record.ts'
import type { ServedProgram } from '../../../src/rpc/server/dispatch.ts'
import { RpcServer } from '../../../src/rpc/server/server.ts'

const SERVER = '10.0.0.1'
const MEGABYTE = 1 << 20
const NULL = 0
const LARGE = 1
const SLOW = 2

const call = (procedure: number, xid = 1) =>
  encodeCall({ ...{ xid, program: 77, version: 1, procedure }, credential: 'root', args: Buffer.alloc(0) })

describe('rpc/server: what clients that do not behave cost', () => {
  let net: SimNetwork
  let server: RpcServer
  /** Client addresses of the calls that were started. */
  let started: string[]
  /** Client ports of the same. */
  let answered: number[]
  let refused: string[]
  /** Ends the calls of SLOW that are being answered. */
  let release: (() => void)[]

  const program: ServedProgram = {
    number: 77,
    versions: [1],
    async answer({ procedure, from }, reply) {
      started.push(from.address)
      answered.push(from.port)
      if (procedure === SLOW) await new Promise<void>(done => release.push(done))
      if (procedure === LARGE) reply.opaque(Buffer.alloc(MEGABYTE))
      return true
    },
  }

  beforeEach(async () => {
    net = new SimNetwork()
    started = []
    answered = []
    refused = []
    release = []
    server = new RpcServer({
      ...{ network: net.host(SERVER), clock: net.clock, address: SERVER, port: 2049, programs: [program] },
      memory: 32 * MEGABYTE,
      admits: address => address.startsWith('10.0.'),
      onDrop: ({ address }, transport, why) => refused.push(`${address} ${transport} ${why.split(' ')[0]}`),
    })
    await server.start()
  })

  afterEach(async () => {
    for (const done of release) done()
    await net.clock.until(server.stop(1000))
    await net.clock.advance(10)
    assert.equal(net.clock.pending, 0, 'no timer left')
  })

  let lastPort = 0

  interface Client {
    connection: TcpConnection
    port: number
    replies: number
    isClosed: boolean
    ask(...procedures: number[]): void
  }

  async function connect(address: string): Promise<Client> {
    const port = ++lastPort
    const to = { address: SERVER, port: 2049 }
    const connection = await net.host(address).tcp({ to, localPort: port })
    const records = new RecordReader(2 * MEGABYTE)
    const client: Client = {
      ...{ connection, port, replies: 0, isClosed: false },
      ask(...procedures) {
        for (const procedure of procedures) connection.write(encodeRecord(call(procedure)))
      },
    }
    connection.onData(data => {
      client.replies += records.push(data).length
    })
    connection.onClose(() => {
      client.isClosed = true
    })
    return client
  }

  const many = <T>(count: number, make: (at: number) => T): T[] =>
    Array.from({ length: count }, (_, at) => make(at))

  /** From so many addresses: connections that ask for megabytes and do not read. */
  async function holdReplies(addresses: number, connections = 4): Promise<Client[]> {
    const clients: Client[] = []
    for (let at = 0; at < addresses; at++) {
      for (let more = 0; more < connections; more++) {
        const client = await connect(`10.0.1.${at + 1}`)
        client.connection.pause()
        client.ask(...many(16, () => LARGE))
        clients.push(client)
      }
    }
    return clients
  }

  it('replies that nobody reads take 32 MB in all, from however many addresses', async () => {
    const greedy = await holdReplies(16)
    await net.clock.advance(20_000)
    const open = new Set(greedy.filter(({ isClosed }) => !isClosed).map(({ port }) => port))
    const held = answered.filter(port => open.has(port)).length
    assert.ok(held <= 32, `${held} replies of a megabyte`)
    assert.ok(server.use.memory <= 32 * MEGABYTE)
  })

  it('others are answered meanwhile: the connection that has been stuck longest is closed', async () => {
    const greedy = await holdReplies(16)
    await net.clock.advance(3000)
    const other = await connect('10.0.0.7')
    for (let i = 0; i < 20; i++) {
      other.ask(LARGE, NULL)
      await net.clock.advance(10)
      assert.equal(other.replies, 2 * (i + 1))
    }
    // Nor does a call over TCP that waits for memory delay one over UDP.
    const socket = await net.host('10.0.1.1').udp({ address: '10.0.1.1', port: 0 })
    let replies = 0
    socket.onMessage(() => replies++)
    socket.send(call(NULL), { address: SERVER, port: 2049 })
    await net.clock.advance(10)
    assert.equal(replies, 1)
    const open = greedy.filter(({ isClosed }) => !isClosed).length
    assert.ok(open > 0 && open < greedy.length, `${open} of ${greedy.length} are left open`)
  })

  it('unread replies time out, and all that they took is free again', async () => {
    const greedy = await holdReplies(3)
    await net.clock.advance(180_000)
    assert.ok(greedy.every(({ isClosed }) => isClosed))
    assert.deepEqual(server.use, { connections: 0, memory: 0 })
  })

  it('a client that reads slowly is not closed', async () => {
    const slow = await connect('10.0.0.7')
    slow.connection.pause()
    slow.ask(...many(16, () => LARGE))
    for (let second = 0; second < 300 && slow.replies < 16; second += 20) {
      await net.clock.advance(20_000)
      slow.connection.resume()
      await net.clock.advance(1)
      slow.connection.pause()
    }
    assert.deepEqual([slow.replies, slow.isClosed], [16, false])
  })

  it('half records time out, at one byte every ten seconds too', async () => {
    const half = await connect('10.0.0.7')
    half.ask(NULL)
    const record = encodeRecord(Buffer.alloc(60_000))
    half.connection.write(record.subarray(0, 50_000))
    await net.clock.advance(10)
    assert.ok(server.use.memory >= 50_000)
    for (let at = 50_000; at < 50_012; at++) {
      half.connection.write(record.subarray(at, at + 1))
      await net.clock.advance(10_000)
    }
    assert.ok(half.isClosed)
    assert.deepEqual(server.use, { connections: 0, memory: 0 })
  })

  it('half records take a part of it', async () => {
    const half = encodeRecord(Buffer.alloc(60_000)).subarray(0, 59_000)
    for (let at = 0; at < 300; at++) {
      const client = await connect(`10.0.${1 + (at >> 7)}.1`)
      client.connection.write(half)
    }
    await net.clock.advance(3000)
    assert.ok(server.use.memory <= 8 * MEGABYTE, `${server.use.memory} bytes`)
    const other = await connect('10.0.0.7')
    other.ask(NULL)
    await net.clock.advance(10)
    assert.equal(other.replies, 1)
  })

  it('calls are no longer than a WRITE of the size that clients are told', async () => {
    const client = await connect('10.0.0.7')
    client.connection.write(encodeRecord(Buffer.alloc(100_000)).subarray(0, 100))
    await net.clock.advance(10)
    assert.ok(client.isClosed)
  })

  it('connections without calls are closed: soon where there was none, else after six minutes', async () => {
    const unused = await connect('10.0.0.7')
    const used = await connect('10.0.0.8')
    used.ask(NULL)
    await net.clock.advance(60_000)
    assert.deepEqual([unused.isClosed, used.isClosed], [true, false])
    used.ask(NULL)
    await net.clock.advance(350_000)
    assert.equal(used.isClosed, false)
    await net.clock.advance(30_000)
    assert.equal(used.isClosed, true)
  })

  it('when all connections are taken, the one that was silent longest, of whoever has most, makes room', async () => {
    const taken: Client[] = []
    for (let at = 0; at < 12; at++) {
      const before = refused.length
      for (let more = 0; more < 2048 && refused.length === before; more++) {
        taken.push(await connect(`10.0.1.${at + 1}`))
      }
    }
    assert.ok(server.use.connections <= 2048)
    for (let at = 0; at < 100; at++) {
      const modest = await connect(`10.0.2.${at + 1}`)
      modest.ask(NULL)
      await net.clock.advance(1)
      assert.equal(modest.replies, 1)
    }
    assert.ok(server.use.connections <= 2048)
    assert.ok(taken[0]!.isClosed)
  })

  it('clients take turns: one that has hundreds of calls waiting delays another by none of them', async () => {
    const greedy = await net.host('10.0.0.66').udp({ address: '10.0.0.66', port: 0 })
    const to: Endpoint = { address: SERVER, port: 2049 }
    for (let xid = 0; xid < 500; xid++) greedy.send(call(SLOW, xid), to)
    await net.clock.advance(10)
    assert.ok(started.length <= 16, `${started.length} run at the same time`)
    for (const address of ['10.0.0.7', '10.0.0.8']) {
      const other = await connect(address)
      other.ask(SLOW)
    }
    await net.clock.advance(10)
    assert.deepEqual(started.slice(-2), ['10.0.0.7', '10.0.0.8'])
    assert.ok(refused.includes('10.0.0.66 udp too'), 'and no more wait than a half of what may')
  })

  it('calls that are answered at once leave the event loop its turns', async () => {
    const client = await connect('10.0.0.7')
    client.connection.write(Buffer.concat(many(500, () => encodeRecord(call(NULL)))))
    const startedInTurn: number[] = []
    let isOver = false
    const count = (before: number) => {
      startedInTurn.push(started.length - before)
      if (!isOver) setImmediate(count, started.length)
    }
    setImmediate(count, 0)
    await net.clock.advance(10)
    isOver = true
    assert.equal(client.replies, 500)
    assert.ok(Math.max(...startedInTurn) <= 100, `${Math.max(...startedInTurn)} calls in one turn`)
  })

  it('hosts that are not admitted get no reply, and a closed connection', async () => {
    const client = await connect('10.1.0.7')
    const socket = await net.host('10.1.0.7').udp({ address: '10.1.0.7', port: 0 })
    let replies = 0
    socket.onMessage(() => replies++)
    socket.send(call(NULL), { address: SERVER, port: 2049 })
    await net.clock.advance(10)
    assert.deepEqual([client.isClosed, replies, started.length], [true, 0, 0])
    assert.deepEqual(refused, ['10.1.0.7 tcp its', '10.1.0.7 udp its'])
  })
})
