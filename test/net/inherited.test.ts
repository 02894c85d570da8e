import assert from 'node:assert/strict'
import { closeSync, openSync } from 'node:fs'
import { inherit, inheritedDescriptors } from '../../src/net/inherited.ts'
import type { Network, UdpOptions, UdpSocket } from '../../src/net/net.ts'
import { nodeNetwork } from '../../src/net/node.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'

const SERVER = '10.0.0.1'

describe('net/inherited', () => {
  it('takes the descriptors that the service manager meant for this process', () => {
    assert.deepEqual(inheritedDescriptors({ LISTEN_FDS: '2', LISTEN_PID: '7' }, 7), [
      { fd: 3, name: undefined },
      { fd: 4, name: undefined },
    ])
    assert.deepEqual(
      inheritedDescriptors({ LISTEN_FDS: '2', LISTEN_PID: '7', LISTEN_FDNAMES: 'em0:em1' }, 7).map(
        ({ name }) => name,
      ),
      ['em0', 'em1'],
    )
    assert.deepEqual(inheritedDescriptors({ LISTEN_FDS: '2', LISTEN_PID: '8' }, 7), [], "another process's")
    assert.deepEqual(inheritedDescriptors({}, 7), [])
    assert.throws(() => inheritedDescriptors({ LISTEN_FDS: '-1', LISTEN_PID: '7' }, 7), {
      code: 'BE_LISTEN_FDS',
    })
  })

  it('reports a descriptor that is no UDP socket', async () => {
    const fd = openSync(import.meta.filename, 'r')
    try {
      await assert.rejects(inherit(nodeNetwork, [{ fd }]), {
        code: 'BE_LISTEN_FDS',
        message: /^inherited descriptor \d+: /,
      })
    } finally {
      closeSync(fd)
    }
  })

  describe('on a network', () => {
    let net: SimNetwork
    let asked: UdpOptions[]

    /** A host whose descriptors 3, 4… are sockets bound to these. */
    function host(...bound: [address: string, port: number][]): Network {
      const own = net.host(SERVER)
      const udp = (options: UdpOptions): Promise<UdpSocket> => {
        asked.push(options)
        const [address, port] =
          options.fd === undefined ? [options.address, options.port] : bound[options.fd - 3]!
        return own.udp({ ...options, address, port })
      }
      return { udp, tcp: own.tcp.bind(own), listen: own.listen.bind(own), http: own.http.bind(own) }
    }

    beforeEach(() => {
      net = new SimNetwork()
      asked = []
    })

    it('a socket on 0.0.0.0 receives for the first caller, and only sends for later ones', async () => {
      const network = await inherit(host(['0.0.0.0', 67]), [{ fd: 3 }])
      const client = await net.host('10.0.0.2').udp({ address: '0.0.0.0', port: 68 })
      const [got, heard]: string[][] = [[], []]
      client.onMessage((data, from) => got!.push(`${data} from ${from.address}:${from.port}`))
      const all = await network.udp({ address: '0.0.0.0', port: 67 })
      all.onMessage(data => heard!.push(`all ${data}`))
      const own = await network.udp({ address: SERVER, port: 67 })
      own.onMessage(data => heard!.push(`own ${data}`))
      client.send(Buffer.from('ask'), { address: SERVER, port: 67 })
      own.send(Buffer.from('reply'), { address: '255.255.255.255', port: 68 })
      await net.clock.advance(1)
      assert.deepEqual(heard, ['all ask'])
      assert.deepEqual(got, [`reply from ${SERVER}:67`])
      assert.equal(asked.length, 1, 'bound a socket although one was there')
    })

    it('a socket on the address itself comes before one on 0.0.0.0', async () => {
      const network = await inherit(host(['0.0.0.0', 67], [SERVER, 67]), [{ fd: 3 }, { fd: 4 }])
      const own = await network.udp({ address: SERVER, port: 67 })
      assert.deepEqual(network.unused(), [{ address: '0.0.0.0', port: 67 }])
      const heard: string[] = []
      own.onMessage(data => heard.push(String(data)))
      const client = await net.host('10.0.0.2').udp({ address: '10.0.0.2', port: 68 })
      client.send(Buffer.from('renewal'), { address: SERVER, port: 67 })
      await net.clock.advance(1)
      assert.deepEqual(heard, ['renewal'])
    })

    it('other ports, and connected sockets, are opened on the network', async () => {
      const network = await inherit(host(['0.0.0.0', 69]), [{ fd: 3 }])
      await network.udp({ address: SERVER, port: 67 })
      await network.udp({ address: SERVER, port: 0, connect: { address: '10.0.0.2', port: 69 } })
      assert.deepEqual(
        asked.map(({ fd, port }) => fd ?? port),
        [3, 67, 0],
      )
      network.close()
      assert.equal(net.ports.length, 2)
    })

    it('a socket that is named as its interface serves for that one, beside another on the same port', async () => {
      const twoOfThem = host(['0.0.0.0', 67], ['0.0.0.0', 67])
      const sockets = [3, 4].map(fd => ({ ...IDLE, sent: [] as string[], fd }))
      const udp = async ({ fd }: UdpOptions) => {
        const socket = sockets.find(one => one.fd === fd)!
        return { ...socket, send: (data: Uint8Array) => void socket.sent.push(String(data)) }
      }
      const devices = { em0: [SERVER], em1: ['10.9.0.1'] }
      const named = [
        { fd: 3, name: 'em0' },
        { fd: 4, name: 'em1' },
      ]
      const network = await inherit({ ...twoOfThem, udp }, named, devices)
      assert.ok(network.hasInterfaceSocket(67, SERVER) && network.hasInterfaceSocket(67, '10.9.0.1'))
      assert.ok(!network.hasInterfaceSocket(67, '10.8.0.1') && !network.hasInterfaceSocket(69, SERVER))
      for (const address of ['10.9.0.1', SERVER]) {
        await network.udp({ address: '0.0.0.0', port: 67, interfaceOf: address })
        const out = await network.udp({ address, port: 67 })
        out.send(Buffer.from(`from ${address}`))
      }
      assert.deepEqual(
        sockets.map(({ sent }) => sent),
        [[`from ${SERVER}`], ['from 10.9.0.1']],
      )
      assert.deepEqual(network.unused(), [])
    })

    it('two without names on one port are refused: their interfaces cannot be told apart', async () => {
      let open = 2
      const socket = { ...IDLE, close: () => open-- }
      const twice = { ...host(), udp: async () => socket }
      await assert.rejects(inherit(twice, [{ fd: 3 }, { fd: 4 }]), { code: 'BE_LISTEN_FDS' })
      assert.equal(open, 0, 'left open')
    })
  })
})

const IDLE: UdpSocket = {
  local: { address: '0.0.0.0', port: 67 },
  send() {},
  onMessage() {},
  onError() {},
  onDrop() {},
  close() {},
}
