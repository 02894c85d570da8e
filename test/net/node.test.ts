import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { nodeNetwork } from '../../src/net/node.ts'

describe('node network', () => {
  it('names a taken port with its own code', async () => {
    const first = await nodeNetwork.udp({ address: '127.0.0.1', port: 0 })
    try {
      await assert.rejects(nodeNetwork.udp({ address: '127.0.0.1', port: first.local.port }), {
        code: 'BE_PORT_TAKEN',
      })
    } finally {
      first.close()
    }
  })

  it('names an address that is not ours', async () => {
    await assert.rejects(nodeNetwork.udp({ address: '192.0.2.1', port: 0 }), { code: 'BE_ADDRESS_NOT_LOCAL' })
  })

  it('exchanges datagrams with its connected peer only', async () => {
    const [a, b, stranger] = await Promise.all(
      [0, 0, 0].map(port => nodeNetwork.udp({ address: '127.0.0.1', port })),
    )
    const tied = await nodeNetwork.udp({ address: '127.0.0.1', port: 0, connect: a!.local })
    const got: string[] = []
    try {
      const answered = new Promise<void>(done => {
        tied.onMessage(data => {
          got.push(String(data))
          if (String(data) === 'answer') done()
        })
      })
      stranger!.send(Buffer.from('forged'), tied.local)
      a!.onMessage((_, from) => a!.send(Buffer.from('answer'), from))
      tied.send(Buffer.from('question'))
      await answered
      assert.deepEqual(got, ['answer'])
    } finally {
      for (const socket of [a!, b!, stranger!, tied]) socket.close()
    }
  })

  it('streams an HTTP body and keeps a handler failure to one line', async () => {
    const listener = await nodeNetwork.http({ address: '127.0.0.1', port: 0 }, async ({ target }) => {
      if (target === '/bad') throw new Error('disk on fire')
      return { status: 200, headers: { 'content-length': '6' }, body: Readable.from(['abc', 'def']) }
    })
    try {
      const base = `http://127.0.0.1:${listener.local.port}`
      assert.equal(await (await fetch(`${base}/x`)).text(), 'abcdef')
      const bad = await fetch(`${base}/bad`)
      assert.equal(bad.status, 500)
      assert.equal(await bad.text(), 'disk on fire\n')
    } finally {
      await listener.close()
    }
  })
})
