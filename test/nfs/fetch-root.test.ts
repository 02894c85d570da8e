import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'mocha'
import { nodeClock } from '../../src/net/node.ts'
import { fetchRoot, fetchRoots } from '../../src/nfs/fetch-root.ts'
import { MOUNT_STATUS } from '../../src/rpc/mount-status.ts'
import { beError } from '../support/errors.ts'
import { NfsHost } from './nfs-host.ts'

const HANDLE = Buffer.from('430000011245fe0000000000000001d328210058d1325b00', 'hex')

describe('nfs/fetch-root', () => {
  let host: NfsHost
  beforeEach(async () => {
    host = await NfsHost.start()
    host.exports.set('/ROOT/head', HANDLE)
  })
  afterEach(() => host.server.stop())

  const fetch = (more: { path?: string; timeoutMs?: number; warn?: (line: string) => void } = {}) =>
    fetchRoot(host.network, {
      server: '127.0.0.1',
      localAddress: '127.0.0.1',
      path: '/ROOT/head',
      clock: nodeClock,
      timeoutMs: 5000,
      ...more,
    })

  it('calls portmapper and mountd over UDP, as loaders do, and removes its entry from mountd’s list', async () => {
    const root = await fetch()
    assert.deepEqual(root, { server: '127.0.0.1', path: '/ROOT/head', handle: HANDLE, udp: true, tcp: true })
    assert.deepEqual(host.called(100005), ['1/udp', '3/udp'])
    assert.deepEqual(host.called(100003).sort(), ['0/tcp', '0/udp'])
  })

  it('a host without NFS on UDP still serves kernels: udp is false, the handle comes by TCP', async () => {
    host.unregistered.add('100005/udp').add('100003/udp')
    const root = await fetch()
    assert.deepEqual([root.udp, root.tcp], [false, true])
    assert.deepEqual(host.called(100005), ['1/tcp', '3/tcp'])
  })

  it('a thousand paths by TCP take one reserved port, as a port stays in TIME_WAIT for a minute', async () => {
    host.unregistered.add('100005/udp')
    const paths = Array.from({ length: 1000 }, (_, i) => `/ROOT/be${i}`)
    for (const path of paths) host.exports.set(path, HANDLE)
    const { network } = host
    const query = { server: '127.0.0.1', localAddress: '127.0.0.1', clock: nodeClock, paths }
    const roots = await fetchRoots(network, query)
    assert.ok(roots.every((root, i) => !(root instanceof Error) && root.path === paths[i]))
    const calls = host.server.received.filter(({ program }) => program === 100005)
    assert.deepEqual([calls.length, new Set(calls.map(({ fromPort }) => fromPort)).size], [2000, 1])
    const others = host.server.received.filter(({ program }) => program !== 100005)
    assert.ok(others.every(({ fromPort }) => fromPort > 1023))
  })

  it('udp is false if MOUNT answers on UDP and nfsd does not', async () => {
    host.silent.add('100003/udp')
    const root = await fetch({ timeoutMs: 1000 })
    assert.deepEqual([root.udp, root.tcp], [false, true])
  })

  it('tcp is false if nfsd does not answer on TCP', async () => {
    host.silent.add('100003/tcp')
    const root = await fetch({ timeoutMs: 1000 })
    assert.deepEqual([root.udp, root.tcp], [true, false])
  })

  for (const [status, { name }] of Object.entries(MOUNT_STATUS)) {
    it(`a refusal by mountd is not tried again by TCP: BE_MNT_${name}`, async () => {
      host.status = Number(status)
      await assert.rejects(fetch(), beError(`BE_MNT_${name}`, /mountd at 127\.0\.0\.1/))
      assert.deepEqual(host.called(100005), ['1/udp'])
    })
  }

  it('mountd that is not registered, and one that does not answer', async () => {
    host.unregistered.add('100005/udp').add('100005/tcp')
    await assert.rejects(fetch(), beError('BE_MOUNTD_NOT_REGISTERED', /nfs/))
    host.unregistered.clear()
    host.silent.add('100005/udp').add('100005/tcp')
    await assert.rejects(fetch({ timeoutMs: 1000 }), beError('BE_MOUNTD_TIMEOUT', / 1 s/))
  })

  it('no portmapper, and one that does not answer', async () => {
    host.silent.add('100000/udp').add('100000/tcp')
    await assert.rejects(fetch({ timeoutMs: 1000 }), beError('BE_PORTMAP_TIMEOUT'))
    host.server.stop()
    await assert.rejects(fetch(), beError('BE_PORTMAP_DOWN', /rpcbind/))
  })

  it('an empty handle and an export for Kerberos only are errors', async () => {
    host.exports.set('/ROOT/head', Buffer.alloc(0))
    await assert.rejects(fetch(), beError('BE_NFS_BAD_HANDLE'))
    host.exports.set('/ROOT/head', HANDLE)
    host.flavours = [390003]
    await assert.rejects(fetch(), beError('BE_NFS_SECURITY', /390003/))
  })

  it('handles of every length that NFSv3 allows are returned unchanged', async () => {
    for (const length of [1, 28, 32, 63, 64]) {
      const handle = Buffer.alloc(length, length)
      host.exports.set('/ROOT/head', handle)
      assert.deepEqual((await fetch()).handle, handle)
    }
  })
})
