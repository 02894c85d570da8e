import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'mocha'
import { BeError } from '../../../src/errors/errors.ts'
import type { Network, TcpConnection } from '../../../src/net/net.ts'
import { nodeClock, nodeNetwork } from '../../../src/net/node.ts'
import { SimNetwork } from '../../../src/net/sim/network.ts'
import type { RpcContext } from '../../../src/rpc/client/call.ts'
import { mnt, umnt } from '../../../src/rpc/client/mount.ts'
import { nfsNull } from '../../../src/rpc/client/nfs.ts'
import { getPort, portmapNull } from '../../../src/rpc/client/portmap.ts'
import { ClientConnection } from '../../../src/rpc/client/tcp.ts'
import { MOUNT_STATUS } from '../../../src/rpc/mount-status.ts'
import { MOUNT } from '../../../src/rpc/programs.ts'
import { encodeRecord } from '../../../src/rpc/record.ts'
import { XdrWriter } from '../../../src/rpc/xdr.ts'
import { beError } from '../../support/errors.ts'
import { type Answer, FakeServer, type ReceivedCall, redirect, reply, success } from '../fake-server.ts'

const HOST = '127.0.0.1'
const base: RpcContext = { network: nodeNetwork, clock: nodeClock, localAddress: HOST, timeoutMs: 3000 }

describe('rpc/client/call', () => {
  const servers: FakeServer[] = []
  const serve = async (answer: (call: ReceivedCall) => Answer): Promise<FakeServer> => {
    const server = await new FakeServer(answer).start()
    servers.push(server)
    return server
  }
  afterEach(() => {
    for (const server of servers.splice(0)) server.stop()
  })
  const at = (server: FakeServer, transport: 'udp' | 'tcp') => ({
    at: { address: HOST, port: transport === 'udp' ? server.udpPort : server.tcpPort },
    transport,
  })

  for (const transport of ['udp', 'tcp'] as const) {
    describe(`over ${transport}`, () => {
      it('MNT sends the path as root and returns the opaque handle', async () => {
        const handle = Buffer.from('0123456789abcdef0123456789', 'hex')
        const mountd = await serve(() => new XdrWriter().uint32(0).opaque(handle).uint32(1).uint32(1))
        assert.deepEqual(await mnt(base, at(mountd, transport), '/ROOT/head'), { handle, flavours: [1] })
        const [call] = mountd.received
        assert.equal(call!.uid, 0)
        assert.equal(call!.args.string(1024), '/ROOT/head')
        assert.deepEqual([call!.program, call!.version, call!.procedure], [100005, 3, 1])
      })

      for (const [status, { name, hint }] of Object.entries(MOUNT_STATUS)) {
        it(`MNT status ${status} is BE_MNT_${name} and says what to do`, async () => {
          const mountd = await serve(() => new XdrWriter().uint32(Number(status)))
          const wanted = mnt(base, at(mountd, transport), '/ROOT/head')
          await assert.rejects(wanted, (error: unknown) => {
            beError(`BE_MNT_${name}`, /127\.0\.0\.1/)(error)
            return error instanceof BeError && error.hint === hint
          })
        })
      }

      it('MNT with a status of no RFC is an error too', async () => {
        const mountd = await serve(() => new XdrWriter().uint32(70))
        await assert.rejects(mnt(base, at(mountd, transport), '/ROOT/head'), beError('BE_MNT_STATUS', /70/))
      })

      it('NULL and UMNT take an empty answer', async () => {
        const server = await serve(() => new XdrWriter())
        await umnt(base, at(server, transport), '/ROOT/head')
        await nfsNull(base, at(server, transport).at, transport)
        assert.deepEqual(
          server.received.map(call => [call.program, call.procedure]),
          [
            [100005, 3],
            [100003, 0],
          ],
        )
      })

      it('a reply to an earlier call is ignored', async () => {
        const stale = (xid: number) => success((xid + 1) >>> 0, new XdrWriter().uint32(13))
        const mountd = await serve(({ xid }) => stale(xid))
        const short = { ...base, timeoutMs: 200 }
        await assert.rejects(
          mnt(short, at(mountd, transport), '/ROOT/head'),
          beError('BE_MOUNTD_TIMEOUT', /0\.2 s/),
        )
      })

      it('a truncated reply is an error, not a handle', async () => {
        const mountd = await serve(({ xid }) => reply(xid, 0, 0, 0, 0, 0, 24).bytes())
        await assert.rejects(mnt(base, at(mountd, transport), '/ROOT/head'), beError('BE_XDR_MALFORMED'))
      })

      it('a port on which nothing listens is BE_MOUNTD_DOWN', async () => {
        const server = await serve(() => undefined)
        const dead = at(server, transport)
        server.stop()
        await assert.rejects(
          mnt({ ...base, platform: 'freebsd' }, dead, '/'),
          beError('BE_MOUNTD_DOWN', /service mountd start/),
        )
      })
    })
  }

  it('a server that closes the connection without a reply is BE_MOUNTD_CLOSED', async () => {
    const server = await serve(() => {
      setImmediate(() => server.stop())
      return undefined
    })
    await assert.rejects(mnt(base, at(server, 'tcp'), '/'), beError('BE_MOUNTD_CLOSED'))
  })

  it('a connection for many calls is opened again when the server closed it', async () => {
    let opened = 0
    const tcp = async (): Promise<TcpConnection> => {
      opened++
      let closed = () => {}
      let answer = (_: Buffer) => {}
      return {
        write(call) {
          const xid = Buffer.from(call).readUInt32BE(4)
          queueMicrotask(() => {
            answer(encodeRecord(success(xid, new XdrWriter())))
            closed()
          })
        },
        onData: listener => (answer = listener),
        onClose: listener => (closed = listener),
        ...{ waiting: 0, onSent() {}, pause() {}, resume() {}, end() {}, close() {} },
      }
    }
    const context = { ...base, network: { ...nodeNetwork, tcp } }
    const at = { address: HOST, port: 635 }
    const connection = new ClientConnection({ ...context, reserved: true }, at)
    for (let call = 0; call < 3; call++) await umnt(context, { at, transport: 'tcp', connection }, '/')
    assert.equal(opened, 3)
  })

  describe('portmap', () => {
    const mapped = (server: FakeServer): RpcContext => ({
      ...base,
      network: redirect({ udp: { 111: server.udpPort }, tcp: { 111: server.tcpPort } }),
    })

    it('GETPORT asks for program, version and protocol as the loader does', async () => {
      const rpcbind = await serve(() => new XdrWriter().uint32(20048))
      await portmapNull(mapped(rpcbind), HOST)
      assert.equal(await getPort(mapped(rpcbind), HOST, MOUNT, 'tcp'), 20048)
      const { args } = rpcbind.received[1]!
      assert.deepEqual([args.uint32(), args.uint32(), args.uint32()], [100005, 3, 6])
    })

    it('port 0 means that mountd is not there', async () => {
      const rpcbind = await serve(() => new XdrWriter().uint32(0))
      const calling = getPort(mapped(rpcbind), HOST, MOUNT, 'udp')
      await assert.rejects(calling, beError('BE_MOUNTD_NOT_REGISTERED', /version 3 for UDP/))
    })

    it('no portmapper and one that does not answer are different errors', async () => {
      const rpcbind = await serve(() => undefined)
      const short = { ...mapped(rpcbind), timeoutMs: 200 }
      await assert.rejects(portmapNull(short, HOST), beError('BE_PORTMAP_TIMEOUT'))
      rpcbind.stop()
      await assert.rejects(portmapNull(mapped(rpcbind), HOST), beError('BE_PORTMAP_DOWN', /rpcbind/))
    })
  })

  it('over UDP the same call is retransmitted, with growing delays, until the time limit', async () => {
    const lab = new SimNetwork()
    const server = await lab.host('10.0.0.1').udp({ address: '10.0.0.1', port: 635 })
    const times: number[] = []
    const calls: string[] = []
    server.onMessage(data => {
      times.push(Math.round(lab.clock.monotonic()))
      calls.push(data.toString('hex'))
    })
    const context = { network: lab.host('10.0.0.2'), clock: lab.clock, timeoutMs: 10_000 }
    const calling = umnt(context, { at: { address: '10.0.0.1', port: 635 }, transport: 'udp' }, '/')
    await assert.rejects(lab.clock.until(calling), beError('BE_MOUNTD_TIMEOUT', /10 s/))
    assert.deepEqual(times, [0, 500, 1500, 3500, 7500])
    assert.equal(new Set(calls).size, 1, 'a changed xid would defeat the server’s duplicate request cache')
    assert.equal(lab.clock.pending, 0, 'timers left behind')
  })

  it('a lossy, reordering network loses no call', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const impairments = { loss: 0.4, duplication: 0.3, reordering: 0.3 }
      const lab = new SimNetwork({ seed, impairments })
      const server = await lab.host('10.0.0.1').udp({ address: '10.0.0.1', port: 635 })
      server.onMessage((data, from) => server.send(success(data.readUInt32BE(), new XdrWriter()), from))
      const context = { network: lab.host('10.0.0.2'), clock: lab.clock, timeoutMs: 120_000 }
      await lab.clock.until(umnt(context, { at: { address: '10.0.0.1', port: 635 }, transport: 'udp' }, '/'))
    }
  })

  describe('source port', () => {
    /** The real network, but for ports for which `refuse` returns an error code; records all ports that were tried. */
    const picky = (ports: number[], refuse: (port: number) => string | undefined): Network => ({
      ...nodeNetwork,
      udp: options => {
        ports.push(options.port)
        const code = refuse(options.port)
        if (code !== undefined) throw Object.assign(new Error(code), { code })
        return nodeNetwork.udp({ ...options, port: 0 })
      },
    })

    it('starts at 1023, as a loader does, and goes down past those in use', async () => {
      const server = await serve(() => new XdrWriter())
      const ports: number[] = []
      const network = picky(ports, port => (port > 1021 ? 'BE_PORT_TAKEN' : undefined))
      await umnt({ ...base, network }, at(server, 'udp'), '/')
      assert.deepEqual(ports, [1023, 1022, 1021])
    })

    it('without root, takes any port and warns that mountd may refuse', async () => {
      const server = await serve(() => new XdrWriter())
      const ports: number[] = []
      const lines: string[] = []
      const network = picky(ports, port => (port > 0 ? 'BE_PORT_PERMISSION' : undefined))
      await umnt({ ...base, network, warn: line => lines.push(line) }, at(server, 'udp'), '/')
      assert.deepEqual(ports, [1023, 0])
      assert.match(lines.join(), /not root.*insecure/)
    })

    it('is BE_NO_RESERVED_PORT when every reserved port is in use', async () => {
      const network = picky([], () => 'BE_PORT_TAKEN')
      const calling = umnt({ ...base, network }, { at: { address: HOST, port: 1 }, transport: 'udp' }, '/')
      await assert.rejects(calling, beError('BE_NO_RESERVED_PORT', /600 to 1023/))
    })
  })
})
