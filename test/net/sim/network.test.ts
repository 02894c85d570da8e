import assert from 'node:assert/strict'
import { SimNetwork } from '../../../src/net/sim/network.ts'

describe('net/sim/network', () => {
  it('delivers a broadcast to sockets on 0.0.0.0 only, as Linux does', async () => {
    const net = new SimNetwork()
    const [a, b] = [net.host('10.0.0.1'), net.host('10.0.0.2')]
    const got: string[] = []
    const any = await b.udp({ address: '0.0.0.0', port: 67 })
    const bound = await b.udp({ address: '10.0.0.2', port: 67 })
    any.onMessage(data => got.push(`any ${data}`))
    bound.onMessage(data => got.push(`bound ${data}`))
    const from = await a.udp({ address: '10.0.0.1', port: 68 })
    from.send(Buffer.from('all'), { address: '255.255.255.255', port: 67 })
    from.send(Buffer.from('you'), { address: '10.0.0.2', port: 67 })
    await net.clock.advance(10)
    assert.deepEqual(got, ['any all', 'bound you'])
  })

  it('loses and duplicates the same packets for the same seed', async () => {
    const run = async (seed: number) => {
      const net = new SimNetwork({ seed, impairments: { loss: 0.3, duplication: 0.2 } })
      const [a, b] = [net.host('10.0.0.1'), net.host('10.0.0.2')]
      const got: number[] = []
      const inbox = await b.udp({ address: '10.0.0.2', port: 9 })
      inbox.onMessage(data => got.push(data[0]!))
      const out = await a.udp({ address: '10.0.0.1', port: 0 })
      for (let i = 0; i < 100; i++) out.send(Buffer.from([i]), inbox.local)
      await net.clock.advance(100)
      return got
    }
    const first = await run(7)
    assert.deepEqual(await run(7), first)
    assert.notDeepEqual(await run(8), first)
    assert.ok(new Set(first).size < 100 && first.length > new Set(first).size)
  })
})
