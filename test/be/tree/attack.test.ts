import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { giveIdentity } from '../../../src/be/adapt/identity.ts'
import { retarget } from '../../../src/be/adapt/retarget.ts'
import { DirectoryStore } from '../../../src/be/directory/store.ts'
import { makeLayout } from '../../../src/be/layout.ts'
import { type Preparation, prepare, unprepare } from '../../../src/be/prepare/prepare.ts'
import { emptyTree, holdsFiles } from '../../../src/be/tree/contents.ts'
import { TreeReader } from '../../../src/be/tree/read.ts'
import { TreeFiles } from '../../../src/be/tree/steps.ts'
import { change, type Step, undoAll } from '../../../src/host/change.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { FREEBSD_12, plantTree, treeAsText } from '../trees.ts'

/** Whoever is root in a tree replaces a directory of it with a link to one of the host. */
describe('a tree whose directories are swapped for links', () => {
  const tmp = temporaryDirectory()
  const tree = () => join(tmp.path, 'be')
  const outside = () => join(tmp.path, 'outside')
  let before: string

  const FILES = {
    fstab: '/dev/ada0p2 / ufs rw 1 1\n192.168.2.1:/ROOT/a/tmp /tmp nfs rw 0 0\n',
    'rc.conf': 'hostname="old"\n',
    hostid: '00000000-1111-2222-3333-444444444444\n',
    hosts: '127.0.0.1 old\n',
  }

  const plantOutside = () => {
    mkdirSync(outside(), { recursive: true })
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(outside(), name), text)
    mkdirSync(join(outside(), 'empty'), { recursive: true })
    writeFileSync(join(outside(), 'only-outside'), 'outside')
    writeFileSync(join(outside(), '.rc.conf.0123456789ab'), '')
    if (!existsSync(join(outside(), 'enabled'))) symlinkSync('../x', join(outside(), 'enabled'))
  }

  beforeEach(() => {
    plantOutside()
    mkdirSync(tree())
    plantTree(tree(), FREEBSD_12)
    for (const [name, text] of Object.entries(FILES)) writeFileSync(join(tree(), 'etc', name), text)
    mkdirSync(join(tree(), 'etc/empty'))
    writeFileSync(join(tree(), 'etc/.rc.conf.0123456789ab'), '')
    symlinkSync('../x', join(tree(), 'etc/enabled'))
    before = treeAsText(outside())
  })

  const swap = () => {
    renameSync(join(tree(), 'etc'), join(tree(), 'etc.away'))
    symlinkSync(outside(), join(tree(), 'etc'))
  }
  const swapBack = () => {
    rmSync(join(tree(), 'etc'))
    renameSync(join(tree(), 'etc.away'), join(tree(), 'etc'))
  }
  const untouched = (what: string) => assert.equal(treeAsText(outside()), before, what)

  type Plan = (files: TreeFiles) => Step[] | Promise<Step[]>
  const PLANS: Record<string, Plan> = {
    'rewrite a file': files => files.write('etc/hosts', 'new\n'),
    'make a file': files => files.write('etc/new', 'new\n'),
    'remove a file': files => files.write('etc/hosts', undefined),
    'remove what a killed writer left': async files =>
      (await files.write('etc/rc.conf', FILES['rc.conf'])).slice(0, 1),
    'rename a file': files => files.move('etc/hostid', 'etc/hostid.saved'),
    'make a link': files => files.link('etc/new', '../x'),
    'remove a link': files => files.link('etc/enabled', undefined),
    'make directories': async files => (await files.write('etc/a/b/c', 'new\n')).slice(0, 2),
    'remove an empty directory': files => files.removeEmpty('etc/empty'),
  }

  for (const [what, plan] of Object.entries(PLANS)) {
    it(`cannot have a step outside of it: ${what}`, async () => {
      const steps = await plan(new TreeFiles(tree()))
      assert.ok(steps.length > 0)
      swap()
      await assert.rejects(change(steps), beError('BE_TREE_CHANGED', /be\/etc/), what)
      untouched(what)
      swapBack()
      await change(steps)
      const undone = steps.filter(({ undo }) => undo !== undefined)
      swap()
      const failures = await undoAll(steps)
      assert.equal(failures.length, undone.length, `undo: ${failures}`)
      untouched(`undo: ${what}`)
      swapBack()
      assert.deepEqual(await undoAll(steps), [])
    })
  }

  const how = (): Preparation => ({
    root: tree(),
    kind: 'freebsd',
    server: '10.0.0.1',
    readOnly: true,
    nfsOptions: 'nolockd',
    fileSystems: [{ inside: '', path: tree(), mounted: true }],
  })

  it('is not prepared, nor is that undone', async () => {
    const { steps } = await prepare(how())
    swap()
    await assert.rejects(change(steps), beError('BE_TREE_CHANGED'))
    untouched('prepare')
    swapBack()
    await change((await prepare(how())).steps)
    const back = await unprepare(tree(), 'freebsd')
    swap()
    await assert.rejects(change(back), beError('BE_TREE_CHANGED'))
    untouched('unprepare')
  })

  it('is not changed where a file is not what it was: what somebody wrote meanwhile stays', async () => {
    const steps = await new TreeFiles(tree()).write('etc/hosts', 'new\n')
    writeFileSync(join(tree(), 'etc/hosts'), 'edited\n')
    await assert.rejects(change(steps), beError('BE_TREE_CHANGED', /etc\/hosts/))
    assert.equal(readFileSync(join(tree(), 'etc/hosts'), 'utf8'), 'edited\n')
  })

  it('is not changed when another directory is at its root', async () => {
    const steps = await new TreeFiles(tree()).write('etc/hosts', 'new\n')
    renameSync(tree(), `${tree()}.away`)
    mkdirSync(join(tree(), 'etc'), { recursive: true })
    writeFileSync(join(tree(), 'etc/hosts'), FILES.hosts)
    await assert.rejects(change(steps), beError('BE_TREE_CHANGED'))
    assert.equal(readFileSync(join(tree(), 'etc/hosts'), 'utf8'), FILES.hosts)
  })

  it('is edited inside, as a chrooted process would: retarget, identity, layout', async () => {
    swap()
    await retarget(tree(), ['/ROOT/a'], ['/ROOT/b'])
    await giveIdentity(tree(), 'm1')
    await assert.rejects(makeLayout(tree(), 'freebsd'))
    untouched('edits')
  })

  /** Another process swaps a directory for a link to the host's and back, as fast as it can, while `work` is done. */
  const whileSwapped = async (name: string, work: () => Promise<void>) => {
    const script = `
      const { renameSync, rmSync, symlinkSync } = require('node:fs')
      const [dir, outside, spare] = process.argv.slice(1)
      const clear = path => {
        try { rmSync(path, { recursive: true, force: true }) } catch {}
      }
      const rename = (from, to) => {
        try { renameSync(from, to) } catch { clear(to) }
      }
      symlinkSync(outside, spare + '.link')
      console.log('ready')
      for (;;) {
        rename(dir, spare)
        rename(spare + '.link', dir)
        rename(dir, spare + '.link')
        rename(spare, dir)
      }`
    const argv = ['-e', script, join(tree(), name), outside(), join(tmp.path, 'spare')]
    const child = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] })
    const exited = once(child, 'exit')
    try {
      await once(child.stdout, 'data')
      await work()
    } finally {
      child.kill('SIGKILL')
      await exited
    }
  }
  /** An operation that meets the swap may fail; it may not reach outside. */
  const attempt = (work: () => unknown) =>
    Promise.resolve()
      .then(work)
      .catch(() => {})

  it('is not left while another process swaps as fast as it can', async function () {
    this.timeout(600_000)
    await whileSwapped('etc', async () => {
      const reader = new TreeReader(tree())
      for (let run = 0; run < 25; run++) {
        await attempt(async () => change((await prepare(how())).steps))
        await attempt(async () => change(await unprepare(tree(), 'freebsd')))
        await attempt(() =>
          retarget(tree(), [`/ROOT/${run % 2}`, '/ROOT/a'], [`/ROOT/${(run + 1) % 2}`, '/ROOT/0']),
        )
        await attempt(() => giveIdentity(tree(), `m${run}`))
        for (let again = 0; again < 20; again++) {
          assert.notEqual((await reader.head('etc/only-outside', 9))?.toString(), 'outside')
          assert.ok(!(await reader.list('etc')).includes('only-outside'))
        }
        untouched(`run ${run}`)
      }
    })
  })

  it('is cloned, and destroyed, without what is outside', async function () {
    this.timeout(600_000)
    const store = new DirectoryStore(tmp.path)
    await whileSwapped('etc', async () => {
      for (let run = 0; run < 10; run++) {
        const made = await store.clone('be', `clone${run}`).catch(() => undefined)
        if (made === undefined) continue
        const etc = join(made.path, 'etc')
        const isLink = lstatSync(etc, { throwIfNoEntry: false })?.isSymbolicLink()
        assert.ok(isLink || !existsSync(join(etc, 'only-outside')), `run ${run}`)
        await store.destroy(`clone${run}`)
        untouched(`run ${run}`)
      }
    })
  })

  it('is emptied without anything outside being removed', async function () {
    this.timeout(600_000)
    mkdirSync(join(tree(), 'usr/home'), { recursive: true })
    await whileSwapped('usr', async () => {
      for (let run = 0; run < 25; run++) {
        await attempt(() => holdsFiles(tree()))
        await attempt(() => emptyTree(tree(), [join(tree(), 'usr/home')]))
        untouched(`run ${run}`)
      }
    })
  })
})
