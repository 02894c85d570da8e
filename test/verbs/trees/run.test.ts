import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DirectoryStore } from '../../../src/be/directory/store.ts'
import type { BeFileSystem, MountResult } from '../../../src/be/store.ts'
import { startOf } from '../../../src/host/daemon.ts'
import { run as runHere } from '../../../src/host/run.ts'
import { nodeClock } from '../../../src/net/node.ts'
import { runInTree, type TreeLab } from '../../../src/verbs/trees/run.ts'
import { type UsersLab, usersOf, whileUnused } from '../../../src/verbs/trees/users.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'

/** A store whose BE exists between mount and umount only. */
class Mountable extends DirectoryStore {
  readonly calls: string[] = []
  isMounted = false
  umountFails = false

  override async mount(name: string): Promise<MountResult> {
    this.calls.push('mount')
    this.isMounted = true
    return super.mount(name)
  }

  override async umount(name: string): Promise<MountResult> {
    this.calls.push('umount')
    if (this.umountFails) throw new Error('Device busy')
    this.isMounted = false
    return super.umount(name)
  }

  override async fileSystems(name: string): Promise<BeFileSystem[]> {
    const dataSet = `tank/ROOT/${name}`
    return (await super.fileSystems(name)).map(one => ({ ...one, dataSet, mounted: this.isMounted }))
  }
}

describe('a command in a BE that is not mounted', () => {
  const dir = temporaryDirectory()
  let store: Mountable
  let said: string[]
  let shared: { readOnly: boolean } | undefined

  beforeEach(() => {
    mkdirSync(join(dir.path, 'r14/bin'), { recursive: true })
    cpSync('/bin/busybox', join(dir.path, 'r14/bin/sh'))
    store = new Mountable(dir.path)
    said = []
    shared = undefined
  })

  const lab = () =>
    ({
      settings: {},
      effective: { platform: 'linux' },
      store,
      shares: { get: () => shared },
      assignments: { usesOf: () => ['assigned to m1'] },
      stateDir: dir.path,
      clock: nodeClock,
      say: (line: string) => said.push(line),
      warn: (line: string) => said.push(`warning: ${line}`),
      dryRun: false,
      run: runHere,
    }) as unknown as TreeLab

  const run = (command: string, more: { leave?: boolean } = {}) =>
    runInTree(lab(), { launch: 'chroot', name: 'bd/be/r14', command: ['/bin/sh', '-c', command], ...more })

  const usersLab = () =>
    ({ ...lab(), boots: { all: () => [] }, inventory: { list: () => [] } }) as unknown as UsersLab

  /** Leaves the record of a process that mounted the tree and was killed; resolves with its pid. */
  async function recordOfKilled(more: { boot?: string } = {}): Promise<number> {
    const child = spawn('true')
    await once(child, 'exit')
    mkdirSync(join(dir.path, 'tree-users'), { recursive: true })
    const processes = [{ pid: child.pid, started: 'then', use: 0 }]
    const record = { processes, mounts: [], unmount: true, boot: await startOf(1), ...more }
    writeFileSync(join(dir.path, 'tree-users/r14.json'), JSON.stringify(record))
    return child.pid!
  }

  it('is mounted, and unmounted when the command has ended or could not be run', async () => {
    assert.equal(await run('exit 4'), 4)
    assert.deepEqual(store.calls, ['mount', 'umount'])
    const missing = runInTree(lab(), { launch: 'chroot', name: 'r14', command: ['nothing'] })
    await assert.rejects(missing, beError('BE_COMMAND_MISSING'))
    assert.deepEqual(store.calls, ['mount', 'umount', 'mount', 'umount'])
  })

  it('is unmounted by the last of two commands at once, in whichever order they end', async () => {
    const fifo = (name: string) => join(dir.path, 'r14', name)
    for (const name of ['one', 'two']) execFileSync('mkfifo', [fifo(name)])
    const waits = (name: string, more = {}) => run(`echo >/up-${name}; read line </${name}`, more)
    const inside = async (name: string) => {
      while (!existsSync(join(dir.path, `r14/up-${name}`))) await new Promise(done => setTimeout(done, 5))
    }
    for (const [first, second] of [
      ['one', 'two'],
      ['two', 'one'],
    ] as const) {
      store.calls.length = 0
      const one = waits('one')
      await inside('one')
      const two = waits('two')
      await inside('two')
      writeFileSync(fifo(first), 'end\n')
      await (first === 'one' ? one : two)
      assert.deepEqual(store.calls, ['mount'], `${second} still runs in it`)
      writeFileSync(fifo(second), 'end\n')
      await Promise.all([one, two])
      assert.deepEqual(store.calls, ['mount', 'umount'])
      for (const name of ['one', 'two']) rmSync(join(dir.path, `r14/up-${name}`))
    }
  })

  it('what a process that was killed had mounted is unmounted by the next, and that is said', async () => {
    const left = await recordOfKilled()
    store.isMounted = true
    assert.equal(await run('exit 0'), 0)
    assert.deepEqual(store.calls, ['umount', 'mount', 'umount'])
    assert.deepEqual(said, [`warning: what be (${left}), which was killed, left in r14 has been taken back`])
    await recordOfKilled()
    store.calls.length = 0
    assert.equal(await run('exit 0'), 0)
    assert.deepEqual(store.calls, ['mount', 'umount'], 'it was unmounted since')
  })

  it('what was mounted since the host was booted is not that of a process from before', async () => {
    await recordOfKilled({ boot: 'another' })
    store.isMounted = true
    assert.equal(await run('exit 0'), 0)
    assert.deepEqual([store.calls, said], [[], []])
  })

  it('a tree that stays busy does not keep commands from running in it, and is unmounted later', async () => {
    await recordOfKilled()
    store.isMounted = true
    store.umountFails = true
    assert.equal(await run('exit 3'), 3)
    assert.match(said[0]!, /cannot all be taken back: Device busy/)
    store.umountFails = false
    store.calls.length = 0
    assert.equal(await run('exit 3'), 3)
    assert.deepEqual(store.calls, ['umount', 'mount', 'umount'])
  })

  it('what killed processes left does not keep it from being renamed or destroyed, nor its users from being listed', async () => {
    for (const work of [
      () => whileUnused(usersLab(), { name: 'r14', path: join(dir.path, 'r14') }, async () => {}),
      () => usersOf(usersLab(), [{ name: 'r14', path: join(dir.path, 'r14') }]),
    ]) {
      await recordOfKilled()
      store.isMounted = true
      store.calls.length = 0
      await work()
      assert.deepEqual(store.calls, ['umount'])
    }
  })

  it('stays mounted if it was mounted before, and with -U', async () => {
    store.isMounted = true
    assert.equal(await run('exit 0'), 0)
    assert.deepEqual(store.calls, [])
    store.isMounted = false
    assert.equal(await run('exit 0', { leave: true }), 0)
    assert.deepEqual(store.calls, ['mount'])
  })

  it('stays mounted if it was shared meanwhile: its export would be of the file system below', async () => {
    shared = { readOnly: true }
    assert.equal(await run('exit 0'), 0)
    assert.deepEqual([store.calls, said], [['mount'], []])
  })

  it('gives the exit status of the command although unmounting fails, which is reported', async () => {
    store.umountFails = true
    assert.equal(await run('exit 4'), 4)
    assert.deepEqual(said, ['warning: "mount r14" could not be undone: Device busy'])
  })

  it('warns when machines may be writing to it', async () => {
    shared = { readOnly: false }
    assert.equal(await run('exit 0'), 0)
    assert.deepEqual(said, ['warning: r14 is shared writable and assigned to m1: they may be running it now'])
  })
})
