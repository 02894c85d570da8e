import assert from 'node:assert/strict'
import { before, describe, it } from 'mocha'
import { inLab } from '../../support/netns.ts'
import { ensurePackages } from '../../support/packages.ts'
import { withTemporaryDirectory } from '../../support/temporary.ts'

// biome-ignore lint/suspicious/noExplicitAny: JSON that the phases print
type Printed = any

describe('nfs/drivers/ganesha, with the real server', function () {
  this.timeout(1_200_000) // packages may have to come first
  let shared: Printed
  let unshared: Printed
  let revived: Printed
  let taken: Printed

  before(async () => {
    await ensurePackages(['rpcbind', 'nfs-ganesha', 'nfs-ganesha-vfs', 'iproute2'])
    const script = new URL('ganesha-inner.ts', import.meta.url)
    await withTemporaryDirectory(async dir => {
      const phases = ['taken', 'share', 'unshare', 'revive'].map(phase => [phase, dir])
      ;[taken, shared, unshared, revived] = await inLab<Printed>(script, phases)
    })
  })

  it('a server that cannot start: the reason from its log, nothing left behind', () => {
    assert.match(taken.refused, /binding.*is port 2049 free.*BE_GANESHA_START/)
    assert.deepEqual([taken.files, taken.pid, taken.empty], [[], 'none', 'ok'])
    assert.match(taken.portmapper, /BE_PORTMAP_DOWN/)
  })

  it('shareBes returns the handle of MNT, byte for byte', () => {
    assert.deepEqual(shared.handles, shared.raw)
    assert.equal(shared.first.nfshandle, `X${shared.raw[0]}X`)
  })

  it('serves loader (UDP) and kernel (TCP)', () => {
    assert.deepEqual([shared.first.udp, shared.first.tcp], [true, true])
  })

  it('the real portmapper lists MOUNT version 3 for both transports', () => {
    const v3 = shared.registered.filter((mapping: Printed) => mapping.version === 3)
    assert.deepEqual(v3.map((mapping: Printed) => mapping.protocol).sort(), ['tcp', 'udp'])
    assert.ok(v3.every((mapping: Printed) => mapping.port === 20048))
  })

  it('a second share reloads the server, and does not restart it', () => {
    assert.ok(shared.pids[0] > 1)
    assert.equal(shared.pids[1], shared.pids[0])
  })

  it('a client outside the network gets no handle', () => {
    assert.match(shared.other, /to 10\.9\.0\.2.*BE_MNT_ACCES/)
  })

  it('a share that MNT refuses is undone', () => {
    assert.match(shared.refused, /BE_MNT_ACCES/)
    assert.deepEqual(shared.shared, ['head', 'bd/be/test'])
    assert.deepEqual(shared.files, ['bd-be-test.59237.ganesha.conf', 'head.ganesha.conf'])
  })

  it('the server survives the command that started it', () => {
    assert.equal(unshared.pid, shared.pids[0])
  })

  it('unshare ends one export and does not change the other', () => {
    assert.match(unshared.refused, /BE_MNT_ACCES/)
    assert.match(unshared.again, /BE_NOT_SHARED/)
    assert.equal(unshared.exported.length, 1)
    assert.ok(unshared.same)
  })

  it('a BE that is shared again has the same handle', () => {
    assert.equal(unshared.handle, shared.raw[1])
  })

  it('a BE whose directory was removed does not affect others, and the log’s reason is found', () => {
    assert.equal(unshared.beside, 'ok')
    assert.equal(revived.beside, 'ok')
    assert.match(revived.complaint, /No such file or directory/)
  })

  it('keeps files in exports.d that it did not write', () => {
    assert.ok(unshared.files.includes('admin.ganesha.conf'))
  })

  it('a killed server is BE_MOUNTD_DOWN, and serves the same handles after start()', () => {
    assert.match(revived.dead, /BE_MOUNTD_DOWN/)
    assert.ok(revived.same)
  })

  it('a server that hangs counts as not running, and start() replaces it', () => {
    assert.deepEqual(revived.running, [true, false, true, true])
  })

  it('stop() stops ganesha and the rpcbind that start() started', () => {
    assert.equal(revived.pid, 'none')
    assert.match(revived.stopped, /BE_PORTMAP_DOWN/)
  })
})
