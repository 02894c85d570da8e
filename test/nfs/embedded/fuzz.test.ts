import assert from 'node:assert/strict'
import dgram from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import { encodeCall } from '../../../src/rpc/client/message.ts'
import { encodePath } from '../../../src/rpc/mount.ts'
import { encodeRecord } from '../../../src/rpc/record.ts'
import { XdrWriter } from '../../../src/rpc/xdr.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { NfsError } from './nfs-client.ts'
import { type Serving, serve, share } from './serving.ts'

const LOOPBACK = '127.0.0.1'
const PACKETS = 20_000
const PROGRAMS = [
  { program: 100003, version: 3, procedures: 22 },
  { program: 100005, version: 3, procedures: 6 },
  { program: 100000, version: 2, procedures: 6 },
]

describe('nfs/embedded, fuzzed', function () {
  this.timeout(120_000)
  const tmp = temporaryDirectory()
  let nfs: Serving
  let root: Buffer
  let file: Buffer

  beforeEach(async () => {
    mkdirSync(join(tmp.path, 'boot'))
    writeFileSync(join(tmp.path, 'boot/kernel'), 'k'.repeat(3000))
    nfs = await serve([share(tmp.path)])
    root = await nfs.client.mnt(tmp.path)
    file = await nfs.client.walk(root, 'boot/kernel')
  })
  afterEach(() => nfs.server.stop(1000))

  /** Calls as clients make them, some with a byte changed, some truncated. */
  const packets = () => {
    const args = fc.oneof(
      fc.uint8Array({ maxLength: 80 }),
      fc.constantFrom(root, file).map(handle => new XdrWriter().opaque(handle).bytes()),
      fc
        .tuple(fc.constantFrom(root, file), fc.uint8Array({ maxLength: 60 }))
        .map(([handle, more]) => new XdrWriter().opaque(handle).raw(more).bytes()),
      fc.constant(encodePath(tmp.path)),
    )
    const whole = fc.tuple(fc.constantFrom(...PROGRAMS), fc.nat(30), args).map(([one, procedure, args]) => {
      const { program, version, procedures } = one
      const call = { xid: 1, program, version, procedure: procedure % (procedures + 1) }
      return { at: PROGRAMS.indexOf(one), bytes: encodeCall({ ...call, credential: 'root', args }) }
    })
    const mutated = fc
      .tuple(whole, fc.nat(255), fc.nat(255), fc.nat(3))
      .map(([{ at, bytes }, place, byte, how]) => {
        const copy = Buffer.from(bytes)
        if (how === 1) copy[place % copy.length] = byte
        return { at, bytes: how === 2 ? copy.subarray(0, place % copy.length) : copy }
      })
    return fc.sample(mutated, { numRuns: PACKETS, seed: 7 })
  }

  const descriptors = () => readdirSync('/proc/self/fd').length

  it('still serves after 20,000 malformed calls over UDP, with no file left open', async () => {
    const socket = dgram.createSocket('udp4')
    let answers = 0
    socket.on('message', () => answers++)
    const before = descriptors()
    for (const [index, { at, bytes }] of packets().entries()) {
      socket.send(bytes, nfs.server.ports[at]!, LOOPBACK)
      if (index % 64 === 0) await new Promise(setImmediate)
    }
    assert.equal((await nfs.udp.read(file, 0, 5000)).data.length, 3000)
    assert.ok(answers > PACKETS / 4, `${answers} answers`)
    socket.close()
    assert.ok(descriptors() < before + 10, `${before} descriptors, then ${descriptors()}`)
  })

  it('the same over TCP, with malformed records and connections that are not closed', async () => {
    const before = descriptors()
    const open: net.Socket[] = []
    for (const [index, { at, bytes }] of packets().slice(0, 5000).entries()) {
      if (index % 50 === 0) {
        for (const socket of open.splice(0)) socket.destroy()
        for (const port of nfs.server.ports) open.push(net.connect(port, LOOPBACK).on('error', () => {}))
        await Promise.all(open.map(socket => once(socket, 'connect')))
        for (const socket of open) socket.resume()
      }
      const message = encodeRecord(bytes)
      if (index % 17 === 0) message[index % 4] = index & 255
      if (open[at]!.writable) open[at]!.write(message)
      if (index % 10 === 0) await new Promise(setImmediate)
    }
    for (const socket of open) socket.destroy()
    assert.equal((await nfs.client.read(file, 0, 5000)).data.length, 3000)
    while (descriptors() > before + 10) await new Promise(done => setTimeout(done, 20))
  })

  it('forged handles take neither long nor memory', async () => {
    const before = nfs.server.exports.tree.size
    const forged = Array.from({ length: 1500 }, (_, index) => {
      const handle = Buffer.from(file)
      handle.writeBigUInt64BE(BigInt(index), 8)
      return handle
    })
    for (const handle of forged) {
      await assert.rejects(nfs.udp.getattr(handle), error => error instanceof NfsError && error.status === 70)
    }
    assert.ok(nfs.server.exports.tree.size <= before + 5)
  })
})
