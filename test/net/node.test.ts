import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import net from 'node:net'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { run } from '../../src/host/run.ts'
import { nodeNetwork, requestBuffer } from '../../src/net/node.ts'
import { beError } from '../support/errors.ts'

describe('net/node', () => {
  it('reports a port that is taken by a code of its own', async () => {
    const first = await nodeNetwork.udp({ address: '127.0.0.1', port: 0 })
    try {
      await assert.rejects(nodeNetwork.udp({ address: '127.0.0.1', port: first.local.port }), {
        code: 'BE_PORT_TAKEN',
      })
    } finally {
      first.close()
    }
  })

  it('reports an address that is not of this host', async () => {
    await assert.rejects(nodeNetwork.udp({ address: '192.0.2.1', port: 0 }), { code: 'BE_ADDRESS_NOT_LOCAL' })
  })

  it('gets the largest buffer that FreeBSD grants, which refuses more than kern.ipc.maxsockbuf', () => {
    const given: number[] = []
    const most = (2_097_152 * 2048) / (256 + 2048)
    requestBuffer(4 << 20, bytes => {
      if (bytes > most) throw new Error('uv_recv_buffer_size returned ENOBUFS (no buffer space available)')
      given.push(bytes)
    })
    assert.deepEqual(given, [1 << 20], 'one request is granted')
    requestBuffer(4 << 20, () => {
      throw new Error('every size is refused')
    })
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

  it('an answer to port 0, from which a datagram may claim to come, is an error of the socket only', async () => {
    const socket = await nodeNetwork.udp({ address: '127.0.0.1', port: 0 })
    const errors: Error[] = []
    socket.onError(error => errors.push(error))
    const sockets = () => process.getActiveResourcesInfo().filter(name => name === 'UDPWrap').length
    const before = sockets()
    const nowhere = { address: '127.0.0.1', port: 0 }
    try {
      socket.send(Buffer.from('answer'), nowhere)
      assert.equal(errors.length, 1)
      await assert.rejects(nodeNetwork.udp({ address: '127.0.0.1', port: 0, connect: nowhere }))
      await new Promise(setImmediate)
      assert.equal(sockets(), before, 'none is left open')
    } finally {
      socket.close()
    }
  })

  it('sends a broadcast though hundreds of replies wait for ARP', async function () {
    if (process.platform !== 'linux') this.skip()
    const lab = [
      'set -e',
      'ip link set lo up',
      'ip link add lab0 type veth peer name lab1',
      'ip address add 10.9.0.1/24 dev lab0',
      'ip link set lab0 up',
      'ip link set lab1 up',
      // One ARP request in ten minutes: what is sent before may not depend on the answer.
      'echo 600000 > /proc/sys/net/ipv4/neigh/lab0/retrans_time_ms',
      `exec ${process.execPath} ${fileURLToPath(new URL('unanswered.ts', import.meta.url))}`,
    ].join('\n')
    const { stdout } = await run(['unshare', '-Urn', 'sh', '-c', lab], {
      timeoutMs: 15_000,
    })
    const { received, dropped } = JSON.parse(stdout)
    assert.equal(received, 'all')
    assert.ok(dropped > 900, `${dropped} dropped`)
  })

  it('streams an HTTP body, and answers 500 with one line when the handler fails', async () => {
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

  it('answers what is no HTTP with 400, reports it, and goes on to serve', async () => {
    const reported: string[] = []
    const handler = async () => ({ status: 204, headers: {} })
    const onMalformed = (from: string, why: string) => reported.push(`${from} ${why}`)
    const listener = await nodeNetwork.http({ address: '127.0.0.1', port: 0 }, handler, { onMalformed })
    try {
      const socket = net.connect(listener.local.port, '127.0.0.1')
      socket.end('\x16\x03\x01 this is TLS, or worse\r\n\r\n')
      const [answer] = await once(socket, 'data')
      assert.match(String(answer), /^HTTP\/1\.1 400 /)
      assert.match(reported.join(), /^127\.0\.0\.1 Parse Error/)
      assert.equal((await fetch(`http://127.0.0.1:${listener.local.port}/`)).status, 204)
    } finally {
      await listener.close()
    }
  })

  it('closes the descriptor when a port is taken: a search for a free port would run out of them', async () => {
    const taken = await nodeNetwork.udp({ address: '127.0.0.1', port: 0 })
    const open = () => readdirSync('/proc/self/fd').length
    const before = open()
    try {
      for (let i = 0; i < 50; i++) {
        const again = nodeNetwork.udp({ address: '127.0.0.1', port: taken.local.port })
        await assert.rejects(again, beError('BE_PORT_TAKEN'))
      }
      assert.ok(open() < before + 10, `${open()} open, ${before} before`)
    } finally {
      taken.close()
    }
  })
})
