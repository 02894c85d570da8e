import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lab } from '../../../src/lab/lab.ts'
import { readSettings } from '../../../src/lab/settings.ts'
import { lockTree } from '../../../src/state/lock.ts'
import { prepareEnvironment } from '../../../src/verbs/environments/prepare.ts'
import { checkEnvironment } from '../../../src/verbs/plans/check.ts'
import { FREEBSD_10, FREEBSD_14, plantTree } from '../../be/trees.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('be prepare', () => {
  const tmp = temporaryDirectory()
  const state = () => join(tmp.path, 'state')
  const ready = async (dryRun = false, driver = 'none') => {
    const environment = {
      NBE_BE_ROOT: join(tmp.path, 'ROOT'),
      NBE_STATE_DIR: state(),
      NBE_LAB_ADDRESS: '10.0.0.1/24',
      NBE_NFS_DRIVER: driver,
    }
    return new Lab(await readSettings({ environment, flags: {} }), { dryRun })
  }
  const show = () => {}
  const fstab = () => readFileSync(join(tmp.path, 'ROOT/a/etc/fstab'), 'utf8')

  it('a second call at the same time fails and changes nothing; -n needs no lock', async () => {
    plantTree(join(tmp.path, 'ROOT/a'), FREEBSD_14)
    const dry = await ready(true)
    assert.ok((await prepareEnvironment(dry, { name: 'a', show })).changes.length > 0)
    assert.ok(!existsSync(state()))
    dry.close()
    const lab = await ready()
    const lock = lockTree(state(), 'a')
    try {
      await assert.rejects(prepareEnvironment(lab, { name: 'a', show }), beError('BE_TREE_BUSY', /changes a/))
      assert.equal(fstab(), FREEBSD_14['etc/fstab'])
    } finally {
      lock.release()
    }
    await prepareEnvironment(lab, { name: 'a', show })
    assert.match(fstab(), /^10\.0\.0\.1:\S*\/ROOT\/a \/ nfs /m)
    lab.close()
  })

  it('a host id is kept where one machine boots the tree, and moved away where several do', async () => {
    plantTree(join(tmp.path, 'ROOT/a'), FREEBSD_10)
    const lab = await ready()
    const hostId = join(tmp.path, 'ROOT/a/etc/hostid')
    const codes = async () =>
      (await checkEnvironment(lab, { name: 'a', clients: ['uefi'] })).findings.map(({ code }) => code)
    for (const [name, mac] of [
      ['m1', '02:00:00:00:00:01'],
      ['m2', '02:00:00:00:00:02'],
    ]) {
      lab.inventory.add({ name: name!, mac: mac! })
      lab.assignments.assign('a', name)
      await prepareEnvironment(lab, { name: 'a', readOnly: true, show })
      assert.equal(existsSync(hostId), name === 'm1')
      assert.ok(!(await codes()).includes('BE_HOSTID_SHARED'))
    }
    lab.assignments.unassign('m2')
    await prepareEnvironment(lab, { name: 'a', readOnly: true, show })
    assert.equal(readFileSync(hostId, 'utf8'), FREEBSD_10['etc/hostid'])
    lab.close()
  })

  it('prepares for the rights of the share to be: read-only where the NFS server has no other, as check does', async () => {
    plantTree(join(tmp.path, 'ROOT/a'), FREEBSD_14)
    for (const [driver, rights] of [
      ['embedded', 'ro'],
      ['none', 'rw'],
    ]) {
      const lab = await ready(false, driver)
      await prepareEnvironment(lab, { name: 'a', show })
      assert.match(fstab(), new RegExp(`/ROOT/a / nfs ${rights},nolockd 0 0$`, 'm'))
      const { findings } = await checkEnvironment(lab, { name: 'a', clients: ['uefi'] })
      assert.deepEqual(
        findings.map(({ code }) => code),
        ['BE_NOT_SHARED'],
      )
      lab.close()
    }
  })
})
