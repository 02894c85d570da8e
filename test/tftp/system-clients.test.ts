import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FileTree } from '../../src/boot/files/file-tree.ts'
import { nodeClock, nodeNetwork } from '../../src/net/node.ts'
import type { SessionEvent } from '../../src/session/event.ts'
import { TftpServer } from '../../src/tftp/server.ts'
import { get } from './client.ts'
import { pattern } from './support.ts'

interface NpmClient {
  get(remote: string, local: string, done: (error?: Error) => void): void
}
const npm = createRequire(import.meta.url)('tftp') as { createClient(options: object): NpmClient }

const HERE = '127.0.0.1'

describe('tftp over real sockets', () => {
  let dir: string
  let server: TftpServer
  const events: SessionEvent[] = []

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'nbe-tftp-'))
    mkdirSync(join(dir, 'pxe'))
    mkdirSync(join(dir, 'be/boot'), { recursive: true })
    writeFileSync(join(dir, 'pxe/pxeboot'), pattern(264_192))
    writeFileSync(join(dir, 'be/boot/kernel'), pattern(5_000_000))
    symlinkSync('/etc/passwd', join(dir, 'pxe/link'))
    events.length = 0
    server = new TftpServer({
      network: nodeNetwork,
      clock: nodeClock,
      emit: event => events.push(event),
      address: HERE,
      port: 0,
      files: new FileTree({
        pxe: [join(dir, 'pxe')],
        bePath: async () => join(dir, 'be'),
        machineBe: async () => undefined,
      }),
    })
    await server.start()
  })
  afterEach(async () => {
    await server.stop(0)
    rmSync(dir, { recursive: true })
  })

  const fetched = (remote: string, options: object) =>
    new Promise<Buffer>((resolve, reject) => {
      const local = join(dir, `got-${Math.random()}`)
      const client = npm.createClient({ host: HERE, port: server.local!.port, ...options })
      client.get(remote, local, error => (error ? reject(error) : resolve(readFileSync(local))))
    })
  const ours = (file: string, options: [string, string][]) =>
    get({ network: nodeNetwork, clock: nodeClock, server: server.local!, address: HERE, file, options })

  it('serves the npm tftp client, written by somebody else, with and without a window', async () => {
    for (const options of [{}, { windowSize: 1, blockSize: 512 }, { windowSize: 16, blockSize: 1428 }]) {
      assert.ok((await fetched('pxeboot', options)).equals(pattern(264_192)), JSON.stringify(options))
    }
    await assert.rejects(fetched('link', {}), /no such file|not found/i)
    await assert.rejects(fetched('absent', {}), /no such file|not found/i)
  })

  it('serves twenty machines at once, each the whole kernel', async () => {
    const shapes: [string, string][][] = [
      [['blksize', '1428']],
      [
        ['blksize', '1468'],
        ['windowsize', '4'],
      ],
      [
        ['blksize', '1468'],
        ['windowsize', '16'],
      ],
    ]
    const gets = Array.from({ length: 20 }, (_, i) => ours('/be/fb/boot/kernel', shapes[i % shapes.length]!))
    const whole = pattern(5_000_000)
    for (const { bytes } of await Promise.all(gets)) assert.ok(bytes.equals(whole))
  })

  it('leaves nothing open when a client goes away', async () => {
    const probe = { code: 8, message: 'probe' }
    await get({
      network: nodeNetwork,
      clock: nodeClock,
      server: server.local!,
      address: HERE,
      file: 'pxeboot',
      options: [['tsize', '0']],
      probe,
    })
    await server.stop(5000)
    assert.equal(server.active, 0)
    assert.deepEqual(
      events.map(e => e.event),
      ['tftp:request', 'tftp:abort'],
    )
  })

  it('notices at once that a client closed its port', async () => {
    const socket = await nodeNetwork.udp({ address: HERE, port: 0 })
    const first = new Promise<void>(resolve => socket.onMessage(() => resolve()))
    socket.send(Buffer.from('\0\x01pxeboot\0octet\0'), server.local!)
    await first
    socket.close()
    await server.stop(10_000)
    assert.equal(events.at(-1)!.detail!.why, 'the client closed its port')
  })

  it('rejects with BE_PORT_TAKEN for a port that is taken', async () => {
    const { port } = server.local!
    const second = new TftpServer({
      network: nodeNetwork,
      clock: nodeClock,
      emit: () => {},
      address: HERE,
      port,
      files: { open: async () => undefined },
    })
    await assert.rejects(second.start(), { code: 'BE_PORT_TAKEN' })
  })
})
