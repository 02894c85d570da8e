import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lab } from '../../../src/lab/lab.ts'
import { readSettings } from '../../../src/lab/settings.ts'
import { installEnvironment } from '../../../src/verbs/environments/install.ts'
import { prepareEnvironment } from '../../../src/verbs/environments/prepare.ts'
import { FREEBSD_14, plantTree } from '../../be/trees.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

describe('a boot environment that machines run and can write to', () => {
  const tmp = temporaryDirectory()
  const MAC = '02:00:00:00:00:01'
  const show = () => {}
  let lab: Lab

  beforeEach(async () => {
    plantTree(join(tmp.path, 'ROOT/a'), FREEBSD_14)
    const environment = {
      NBE_BE_ROOT: join(tmp.path, 'ROOT'),
      NBE_STATE_DIR: join(tmp.path, 'state'),
      NBE_LAB_ADDRESS: '10.0.0.1/24',
      NBE_NFS_DRIVER: 'none',
    }
    lab = new Lab(await readSettings({ environment, flags: {} }))
    lab.inventory.add({ name: 'm1', mac: MAC })
  })
  afterEach(() => lab.close())

  const share = (readOnly: boolean) => {
    const path = join(tmp.path, 'ROOT/a')
    lab.shares.put([
      { be: 'a', path, clients: ['10.0.0.0/24'], maproot: 'root', readOnly, id: 1, children: [] },
    ])
  }
  const boot = (be: string, reached: Record<string, number>, began = lab.clock.now()) => {
    const rest = { stages: [], moved: false, calls: 0, bytes: { tftp: 0, http: 0, nfs: 0 }, addresses: [] }
    lab.boots.put([
      { machine: MAC, token: 't', boot: { mac: MAC, be, began, heard: began, reached, ...rest } },
    ])
  }
  const prepare = (force = false) => prepareEnvironment(lab, { name: 'a', force, show })
  const busy = beError('BE_IN_USE', /a is run by m1.*shut down what runs it, or /)

  it('is not prepared or installed into, unless forced', async () => {
    share(false)
    boot('a', { asked: 1, up: 2 })
    await assert.rejects(prepare(), busy)
    const from = { system: 'FreeBSD', arch: 'amd64', branch: 'release', from: tmp.path, sets: [] } as const
    const install = { ...from, sets: [], name: 'a', force: false, cache: false, progress: () => {} }
    await assert.rejects(installEnvironment(lab, install), busy)
    assert.equal(readFileSync(join(tmp.path, 'ROOT/a/etc/fstab'), 'utf8'), FREEBSD_14['etc/fstab'])
    assert.ok((await prepare(true)).changes.length > 0)
  })

  it('is one that is being booted too, but not one that was given up, runs another, or is read-only', async () => {
    share(false)
    boot('a', { asked: 1, file: 2 })
    await assert.rejects(prepare(), busy)
    for (const [be, began] of [
      ['a', lab.clock.now() - 3_600_000],
      ['b', lab.clock.now()],
    ] as const) {
      boot(be, { asked: 1, file: 2 }, began)
      await prepare()
    }
    boot('a', { asked: 1, up: 2 })
    share(true)
    await prepare()
  })
})
