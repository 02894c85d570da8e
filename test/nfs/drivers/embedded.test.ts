import assert from 'node:assert/strict'
import { before, describe, it } from 'mocha'
import { inLab } from '../../support/netns.ts'
import { ensurePackages } from '../../support/packages.ts'
import { withTemporaryDirectory } from '../../support/temporary.ts'

// biome-ignore lint/suspicious/noExplicitAny: JSON that the phases print
type Printed = any

describe('nfs/drivers/embedded', function () {
  this.timeout(1_200_000) // packages may have to come first
  let shared: Printed
  let beside: Printed
  let taken: Printed
  let libnfs: Printed

  before(async () => {
    await ensurePackages(['rpcbind', 'netbase', 'libnfs-utils', 'iproute2'])
    const script = new URL('embedded-inner.ts', import.meta.url)
    await withTemporaryDirectory(async dir => {
      const phases = ['before', 'rpcbind', 'taken', 'libnfs'].map(phase => [phase, dir])
      ;[shared, beside, taken, libnfs] = await inLab<Printed>(script, phases)
    })
  })

  it('a share made before be serve runs has its handle already, with a warning', () => {
    assert.equal(shared.warnings.length, 1)
    assert.match(shared.warnings[0], /ROOT\/head is served as soon as be serve runs$/)
    assert.equal(new Set(shared.handles).size, 1)
  })

  it('serves loader (UDP) and kernel (TCP) on their ports', () => {
    assert.deepEqual([shared.root.udp, shared.root.tcp], [true, true])
  })

  it('refuses clients outside of the network, and everyone after unshare', () => {
    assert.match(shared.other, /to 10\.9\.0\.2.*BE_MNT_ACCES/)
    assert.match(shared.gone, /BE_MNT_ACCES/)
    assert.equal(shared.exported.length, 1)
  })

  it('refuses a maproot by name before anything is stored', () => {
    assert.match(shared.world, /BE_EXPORT_MAPROOT/)
    assert.equal(shared.shared, 1)
  })

  it('after stop nothing listens', () => {
    assert.match(shared.stopped, /BE_PORTMAP_DOWN/)
  })

  it('where the host runs rpcbind, registers its ports with it while it serves', () => {
    const ours = (list: Printed[]) =>
      list
        .filter(({ program }) => program !== 100000)
        .map(one => `${one.program}/${one.version}/${one.protocol}`)
    assert.deepEqual([beside.udp, beside.tcp], [true, true])
    const mount = ['100005/1/tcp', '100005/1/udp', '100005/3/tcp', '100005/3/udp']
    assert.deepEqual(ours(beside.during).sort(), ['100003/3/tcp', '100003/3/udp', ...mount])
    assert.deepEqual(ours(beside.after), [])
    assert.match(JSON.stringify(beside.events[0]), /nfs:serving.*the host's rpcbind/)
  })

  it('another NFS server on the port is an error, with nothing left open', () => {
    assert.match(taken.refused, /2049.*BE_PORT_TAKEN/)
    assert.match(beside.second, /BE_PORT_TAKEN/)
    assert.equal(taken.after, 'ok')
  })

  it('libnfs lists, reads and copies, and writes nothing', () => {
    assert.match(libnfs.list, /^-rw-r--r--.* 160000 motd$/m)
    assert.match(libnfs.list, /^lrwxrwxrwx.* etc\/link/m)
    assert.ok(libnfs.same)
    assert.equal(libnfs.copied, 'ok')
    assert.match(libnfs.written, /ROFS|Read-only/i)
  })
})
