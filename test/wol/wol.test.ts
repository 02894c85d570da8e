import assert from 'node:assert/strict'
import type { Endpoint, UdpOptions, UdpSocket } from '../../src/net/net.ts'
import { magicPacket, wake } from '../../src/wol/wol.ts'
import { beError } from '../support/errors.ts'

const MAC = '02:01:02:03:04:05'
const LAB = { from: '192.168.2.1', broadcast: '192.168.2.255', mac: MAC }

/** A network that records datagrams; `fail` answers the error that a datagram causes a turn later. */
function fakeNetwork(fail: (to: Endpoint) => Error | undefined = () => undefined) {
  const sent: { data: string; to: string }[] = []
  const opened: UdpOptions[] = []
  let closed = 0
  const udp = async (options: UdpOptions): Promise<UdpSocket> => {
    opened.push(options)
    let onError = (_: Error) => {}
    return {
      local: { address: options.address, port: 40000 },
      send(data, to) {
        if (to === undefined) throw new Error('not connected')
        // As node:dgram: datagrams that are queued when the socket closes are lost.
        process.nextTick(() => {
          if (closed > 0) return
          const error = fail(to)
          if (error !== undefined) setImmediate(onError, error)
          else sent.push({ data: Buffer.from(data).toString('hex'), to: `${to.address}:${to.port}` })
        })
      },
      onMessage() {},
      onError(listener) {
        onError = listener
      },
      onDrop() {},
      close() {
        closed++
      },
    }
  }
  return { network: { udp }, sent, opened, closed: () => closed }
}

const unreachable = ({ address, port }: Endpoint) =>
  Object.assign(new Error(`send ENETUNREACH ${address}:${port}`), { address, port })

describe('Wake-on-LAN', () => {
  it('the packet is 6 × ff and 16 × the address, in any spelling of it', () => {
    const bytes = `${'ff'.repeat(6)}${'020102030405'.repeat(16)}`
    for (const mac of [MAC, '0201.0203.0405', '02-01-02-03-04-05']) {
      assert.equal(magicPacket(mac).toString('hex'), bytes)
    }
  })

  it('a SecureOn password follows, six bytes or four', () => {
    assert.equal(magicPacket(MAC, 'aa:bb:cc:dd:ee:0f').toString('hex').slice(204), 'aabbccddee0f')
    assert.equal(magicPacket(MAC, '10.0.0.255').toString('hex').slice(204), '0a0000ff')
  })

  it('is sent from the lab address to both broadcast addresses on both ports, and recorded', async () => {
    const { network, sent, opened, closed } = fakeNetwork()
    const record = await wake({ network, ...LAB, password: '1.2.3.4' })
    assert.deepEqual(opened, [{ address: '192.168.2.1', port: 0, broadcast: true }])
    assert.deepEqual(
      sent.map(({ to }) => to),
      ['192.168.2.255:9', '192.168.2.255:7', '255.255.255.255:9', '255.255.255.255:7'],
    )
    assert.equal(new Set(sent.map(({ data }) => data)).size, 1)
    assert.deepEqual(
      record.sent.map(({ address, port, error }) => `${address}:${port} ${error}`),
      sent.map(({ to }) => `${to} undefined`),
    )
    assert.deepEqual([record.mac, record.from, record.bytes], [MAC, '192.168.2.1', 106])
    assert.equal(closed(), 1)
  })

  it('records which datagrams could not be sent, if others were', async () => {
    const { network } = fakeNetwork(to => (to.address === '255.255.255.255' ? unreachable(to) : undefined))
    const { sent } = await wake({ network, ...LAB, ports: [9] })
    assert.deepEqual(
      sent.map(({ error }) => error),
      [undefined, 'send ENETUNREACH 255.255.255.255:9'],
    )
  })

  it('fails if none could be sent', async () => {
    const { network, closed } = fakeNetwork(unreachable)
    await assert.rejects(
      wake({ network, ...LAB }),
      beError('BE_WOL_NOT_SENT', /ENETUNREACH.*interface is up/),
    )
    assert.equal(closed(), 1)
  })

  it('a malformed address or password opens no socket', async () => {
    const { network, opened } = fakeNetwork()
    await assert.rejects(wake({ network, ...LAB, mac: 'm1' }), beError('BE_MAC_INVALID'))
    await assert.rejects(wake({ network, ...LAB, password: 'x' }), beError('BE_WOL_PASSWORD'))
    assert.deepEqual(opened, [])
  })
})
