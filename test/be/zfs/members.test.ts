import assert from 'node:assert/strict'
import { hostConflicts, members } from '../../../src/be/zfs/members.ts'
import type { DataSet } from '../../../src/be/zfs/zfs.ts'

const set = (name: string, mountpoint: string, more: Partial<DataSet> = {}): DataSet => ({
  name,
  mountpoint,
  canmount: 'noauto',
  sharenfs: 'off',
  ...more,
})

const inside = (...sets: DataSet[]) => members(sets, '/ROOT/a').map(({ inside, path }) => `${inside}:${path}`)

describe('data sets of a boot environment', () => {
  it('have their place by mountpoint, parents first, whatever their names', () => {
    assert.deepEqual(
      inside(
        set('z/a', '/'),
        set('z/a/data', '/var/db'),
        set('z/a/usr', '/usr', { canmount: 'off' }),
        set('z/a/usr/home', '/usr/home'),
        set('z/a/var', '/var'),
        set('z/a/none', 'none'),
        set('z/a/legacy', 'legacy'),
      ),
      [':/ROOT/a', 'usr/home:/ROOT/a/usr/home', 'var:/ROOT/a/var', 'var/db:/ROOT/a/var/db'],
    )
  })

  it('have their place by name when the root’s mountpoint is no path', () => {
    assert.deepEqual(inside(set('z/a', 'legacy'), set('z/a/usr', 'legacy')), [':/ROOT/a', 'usr:/ROOT/a/usr'])
  })

  it('are left out when their mountpoint is outside the root’s', () => {
    assert.deepEqual(inside(set('z/a', '/ROOT/a'), set('z/a/x', '/ROOT/ab')), [':/ROOT/a'])
  })

  it('that this host would export or mount itself cause warnings: sharenfs, and canmount=on below /', () => {
    assert.deepEqual(hostConflicts([set('z/a', '/'), set('z/a/usr', '/usr', { canmount: 'off' })]), [])
    const [shared, mounted] = hostConflicts([
      set('z/a', '/', { sharenfs: 'on' }),
      set('z/a/home', '/home', { canmount: 'on' }),
    ])
    assert.match(shared!, /exports z\/a too: zfs inherit sharenfs z\/a$/)
    assert.match(mounted!, /mounts z\/a\/home at \/home: zfs set canmount=noauto z\/a\/home$/)
    assert.deepEqual(hostConflicts([set('z/a', '/ROOT/a', { canmount: 'on' })]), [])
  })
})
