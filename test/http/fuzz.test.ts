import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import { FileTree } from '../../src/boot/files/file-tree.ts'
import { bootHandler } from '../../src/http/boot-handler.ts'
import type { Listener } from '../../src/net/net.ts'
import { nodeNetwork } from '../../src/net/node.ts'
import { seededRandom } from '../../src/net/sim/random.ts'
import { mutated } from '../support/mutate.ts'
import { temporaryDirectory } from '../support/temporary.ts'

const SEEDS = [
  'GET /loader.efi HTTP/1.1\r\nHost: a\r\nRange: bytes=1-3\r\nConnection: close\r\n\r\n',
  'HEAD /be/a//boot/ HTTP/1.1\r\nHost: a\r\nIf-Range: "x"\r\n\r\n',
  'GET http://a/m/52-54-00-00-00-01/%2e%2e/x?y#z HTTP/1.0\r\n\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
].map(text => Buffer.from(text, 'latin1'))

describe('http with mutated requests', () => {
  const tmp = temporaryDirectory()
  let listener: Listener

  const tree = () =>
    new FileTree({
      pxe: [join(tmp.path, 'pxe')],
      bePath: async () => undefined,
      machineBe: async () => undefined,
    })

  afterEach(() => listener?.close())

  it('20,000 requests with mutated targets and headers: each is answered, none from outside of its roots', async () => {
    writeFileSync(join(tmp.path, 'secret'), 'nobody may have this')
    const handler = bootHandler(tree(), () => {})
    const random = seededRandom(7)
    for (let i = 0; i < 20_000; i++) {
      const word = () => mutated(SEEDS[i % SEEDS.length]!, random).toString('latin1')
      const target = i % 2 === 0 ? word().split(' ')[1]! : `/pxe/../../${word()}secret`
      const request = { method: 'GET', target: target ?? '', headers: { range: word(), 'if-range': word() } }
      const { status, body } = await handler({ ...request, from: { address: '10.0.0.2', port: 4000 } })
      assert.ok([400, 404].includes(status), `${status} for ${target}`)
      assert.ok(!String(body).includes('nobody'))
    }
  })

  it('2,000 mutated connections leave it serving, and no socket open', async () => {
    const handler = bootHandler(tree(), () => {})
    listener = await nodeNetwork.http({ address: '127.0.0.1', port: 0 }, handler)
    const random = seededRandom(8)
    const shot = (bytes: Buffer) =>
      new Promise<void>(done => {
        const socket = net.connect(listener.local.port, '127.0.0.1', () => socket.end(bytes))
        socket.on('error', () => {})
        socket.on('close', () => done())
        socket.resume()
      })
    for (let round = 0; round < 40; round++) {
      await Promise.all(Array.from({ length: 50 }, (_, i) => shot(mutated(SEEDS[i % SEEDS.length]!, random))))
    }
    assert.equal((await fetch(`http://127.0.0.1:${listener.local.port}/none`)).status, 404)
  })
})
