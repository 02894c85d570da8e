import assert from 'node:assert/strict'
import { join } from 'node:path'
import { Lab } from '../../../src/lab/lab.ts'
import { readSettings } from '../../../src/lab/settings.ts'
import { applyRecord } from '../../../src/session/boots.ts'
import { assign } from '../../../src/verbs/boots/assign.ts'
import { assignOnce } from '../../../src/verbs/boots/once.ts'
import { machineStatus } from '../../../src/verbs/boots/status.ts'
import { checkEnvironment } from '../../../src/verbs/plans/check.ts'
import { FREEBSD_14, plantTree } from '../../be/trees.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('two machines on one writable root', () => {
  const tmp = temporaryDirectory()
  let lab: Lab
  let warnings: string[]

  beforeEach(async () => {
    plantTree(join(tmp.path, 'ROOT/a'), FREEBSD_14)
    const environment = {
      NBE_BE_ROOT: join(tmp.path, 'ROOT'),
      NBE_STATE_DIR: join(tmp.path, 'state'),
      NBE_LAB_ADDRESS: '10.0.0.1/24',
      NBE_NFS_DRIVER: 'none',
    }
    warnings = []
    const say = (line: string) => void (line.startsWith('warning: ') && warnings.push(line.slice(9)))
    lab = new Lab(await readSettings({ environment, flags: {} }), { say })
    for (const n of [1, 2]) lab.inventory.add({ name: `m${n}`, mac: `02:00:00:00:00:0${n}` })
  })
  afterEach(() => lab.close())

  const share = (readOnly: boolean) =>
    lab.shares.put([{ be: 'a', path: join(tmp.path, 'ROOT/a'), readOnly, id: 1, clients: [], children: [] }])
  const machines = (...names: string[]) => names.map(name => lab.inventory.find(name))
  const found = async () =>
    (await checkEnvironment(lab, { name: 'a', clients: ['uefi'] })).findings.find(
      ({ code }) => code === 'BE_ROOT_WRITERS',
    )?.message
  const MANY = /^m1, m2 write to/

  it('is said when it is assigned, also once or as the default, and by be check', async () => {
    share(false)
    const be = await lab.store.get('a')
    assign(lab, { be, machines: machines('m1') })
    assert.deepEqual(warnings, [])
    assert.equal(await found(), undefined)
    assignOnce(lab, { be, machines: machines('m2') })
    assert.match(warnings.pop()!, MANY)
    lab.assignments.unassignOnce('m2')
    assign(lab, { be, machines: machines('m2') })
    assert.match(warnings.pop()!, MANY)
    assert.match((await found())!, MANY)
    for (const name of ['m1', 'm2']) lab.assignments.unassign(name)
    assign(lab, { be, machines: [] })
    assert.match(warnings.pop()!, MANY)
  })

  it('is nothing to speak of on a read-only root', async () => {
    share(true)
    assign(lab, { be: await lab.store.get('a'), machines: machines('m1', 'm2') })
    assert.deepEqual(warnings, [])
    assert.equal(await found(), undefined)
  })

  it('is in the status of those that run it', () => {
    share(false)
    const now = new Date().toISOString()
    for (const { mac } of machines('m1', 'm2')) {
      const boot = applyRecord(undefined, { time: now, event: 'dhcp:discover', stage: 'firmware', mac })!
      boot.be = 'a'
      applyRecord(boot, {
        time: now,
        event: 'os:up',
        stage: 'os',
        mac,
        detail: { evidence: 'call-back', beat: 60 },
      })
      lab.boots.put([{ machine: mac, token: 'abcdefghijklmnopqrstuv', boot }])
    }
    const status = () => machineStatus(lab, { machine: 'm1' }).machines[0]!
    assert.equal(status().runs, 'a')
    assert.deepEqual(status().writesWith, ['m2'])
    share(true)
    assert.deepEqual(status().writesWith, [])
  })
})
