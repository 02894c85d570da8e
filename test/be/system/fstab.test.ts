import assert from 'node:assert/strict'
import fc from 'fast-check'
import { nfsLine, parseFstab } from '../../../src/be/system/fstab.ts'

const MOUNTING = { server: '10.0.0.1', readOnly: false, nfsOptions: 'nolockd' }

describe('fstab(5)', () => {
  it('reads fields by blanks and tabs, options by commas, blanks in fields by octal', () => {
    const text =
      '# Device\tMountpoint\n/dev/ada0p2\t/\tufs\trw,noatime\t1 1\n S:/a\\040b  /x\\011y nfs ro\nhalf a\n'
    const entries = parseFstab(text).flatMap(({ entry }) => entry ?? [])
    assert.deepEqual(entries, [
      { source: '/dev/ada0p2', point: '/', type: 'ufs', options: ['rw', 'noatime'] },
      { source: 'S:/a b', point: '/x\ty', type: 'nfs', options: ['ro'] },
    ])
  })

  it('parsed lines joined are the text again, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a/:#\\04 \t\n,') }), text => {
        const lines = parseFstab(text).map(line => line.text)
        assert.equal(lines.join('\n'), text)
      }),
    )
  })

  it('nfsLine and parseFstab agree, for any path', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.boolean(), (path, readOnly) => {
        const line = nfsLine({ ...MOUNTING, kind: 'freebsd', readOnly }, `/${path}`, '/')
        const [first, ...more] = parseFstab(line)
        const options = [readOnly ? 'ro' : 'rw', 'nolockd']
        assert.deepEqual(first?.entry, { source: `10.0.0.1:/${path}`, point: '/', type: 'nfs', options })
        assert.equal(more.length, 0)
      }),
    )
  })

  it('nolockd as for the root', () => {
    const line = (kind: 'freebsd' | 'linux', nfsOptions: string) =>
      nfsLine({ ...MOUNTING, kind, nfsOptions }, '/R', '/')
    assert.equal(line('freebsd', 'soft,nolockd'), '10.0.0.1:/R / nfs rw,nolockd 0 0')
    assert.equal(line('freebsd', 'soft'), '10.0.0.1:/R / nfs rw 0 0')
    assert.equal(line('linux', ''), '10.0.0.1:/R / nfs rw,vers=3,tcp,nolock 0 0')
  })
})
