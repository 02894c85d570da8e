import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeInstalling } from '../../../src/be/tree/install-marker.ts'
import { ZfsStore } from '../../../src/be/zfs/store.ts'
import { load } from '../../../src/config/load.ts'
import type { ErrorCode } from '../../../src/errors/codes/index.ts'
import { Lab } from '../../../src/lab/lab.ts'
import { vmFiles } from '../../../src/launch/common/vm/files.ts'
import { lockTree, tryLockVm } from '../../../src/state/lock.ts'
import { destroyEnvironment } from '../../../src/verbs/environments/destroy.ts'
import { listEnvironments } from '../../../src/verbs/environments/list.ts'
import { umountEnvironment } from '../../../src/verbs/environments/mount.ts'
import { renameEnvironment } from '../../../src/verbs/environments/rename.ts'
import { addMachine } from '../../../src/verbs/machines/add.ts'
import { removeMachine } from '../../../src/verbs/machines/remove.ts'
import { jailFiles } from '../../../src/verbs/trees/find-jail.ts'
import { TreeUse } from '../../../src/verbs/trees/tree-users.ts'
import { shownUsers } from '../../../src/verbs/trees/users.ts'
import { beError } from '../../support/errors.ts'
import { temporaryDirectory } from '../../support/temporary.ts'
import { ZfsPool } from '../../support/zfs.ts'

const MAC = '02:00:00:00:00:01'
const HOUR = 3_600_000

for (const kind of ['directory', 'zfs'] as const) {
  describe(`who uses a boot environment now: ${kind} store`, function () {
    this.timeout(120_000)
    const tmp = temporaryDirectory()
    let pool: ZfsPool | undefined
    let lab: Lab
    /** Ends what the test began. */
    let endings: (() => unknown)[]

    before(async () => {
      if (kind === 'zfs') pool = await ZfsPool.open()
    })
    after(() => pool?.close())
    const open = (dryRun = false) => {
      const flags = {
        'lab.address': '127.0.0.1/8',
        'lab.pool': '127.0.0.9-127.0.0.9',
        'be.root': pool?.root ?? join(tmp.path, 'ROOT'),
        'state.dir': join(tmp.path, 'state'),
      }
      const made = new Lab({ ...load({ flags }), platform: 'linux' }, { dryRun })
      if (pool !== undefined) {
        const { parent, root, host } = pool
        Object.defineProperty(made, 'store', { value: new ZfsStore({ parent, root, host }) })
      }
      endings.push(() => made.close())
      return made
    }
    beforeEach(async () => {
      endings = []
      lab = open()
      addMachine(lab, { name: 'm1', mac: MAC, fields: { kind: 'qemu' } })
      await lab.store.create('a', 'flat')
    })
    afterEach(async () => {
      for (const end of endings.reverse()) await end()
      await pool?.clear()
    })

    const boot = (ago: number, reached: string[], more = {}) => {
      const began = Date.now() - ago
      const at = Object.fromEntries(['asked', ...reached].map(reach => [reach, began]))
      const counts = { stages: [], moved: true, calls: 0, bytes: { tftp: 0, http: 0, nfs: 0 }, addresses: [] }
      const row = { mac: MAC, be: 'a', began, heard: began, reached: at, ...counts, ...more }
      lab.boots.put([{ machine: MAC, token: 't', boot: row }])
    }
    const vm = (phase: string, since = Date.now()) => {
      const files = vmFiles(lab.stateDir, 'm1')
      mkdirSync(files.dir, { recursive: true })
      const state = { phase, machine: 'm1', be: 'a', launch: 'qemu', since: new Date(since).toISOString() }
      writeFileSync(files.state, JSON.stringify({ ...state, undo: [] }))
      return files
    }
    const users = async () => shownUsers((await listEnvironments(lab, { name: 'a' }))[0]!.users)

    /** What keeps a from being changed, by name, and how it begins. */
    const HERE: Record<string, { begin: () => unknown; shown: RegExp; code: ErrorCode }> = {
      'an installation': {
        begin: async () => {
          await writeInstalling((await lab.store.get('a')).path, { what: 'FreeBSD', done: [] })
          const lock = lockTree(lab.stateDir, 'a')
          endings.push(() => lock.release())
        },
        shown: /^be install$/,
        code: 'BE_TREE_BUSY',
      },
      'be chroot': {
        begin: () => new TreeUse(lab, 'a').step.apply!(),
        shown: /^process \d+$/,
        code: 'BE_BUSY',
      },
      'be jail -b': {
        begin: async () => {
          const argv = [
            '--mount',
            '--fork',
            '--kill-child',
            'sh',
            '-c',
            'echo ready; exec sleep 1000',
            'be',
            'a',
          ]
          const jail: ChildProcess = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'inherit'] })
          endings.push(async () => {
            const ended = once(jail, 'close')
            jail.kill('SIGKILL')
            await ended
          })
          await once(jail.stdout!, 'data')
          const { pidFile } = jailFiles(lab.stateDir, 'a')
          mkdirSync(join(pidFile, '..'), { recursive: true })
          writeFileSync(pidFile, `${jail.pid}\n`)
        },
        shown: /^jail \d+$/,
        code: 'BE_BUSY',
      },
    }

    for (const [what, { begin, shown, code }] of Object.entries(HERE)) {
      it(`${what}: nothing changes what it is in, by force neither`, async () => {
        await begin()
        assert.match(await users(), shown)
        for (const force of [false, true]) {
          for (const one of [lab, open(true)]) {
            await assert.rejects(destroyEnvironment(one, { name: 'a', force }), beError(code, /^(?!.*\n)/))
            await assert.rejects(renameEnvironment(one, { name: 'a', to: 'b', force }), beError(code))
            await assert.rejects(umountEnvironment(one, { name: 'a', force }), beError(code))
          }
        }
        assert.deepEqual(
          (await lab.store.list()).map(({ name, mounted }) => [name, mounted]),
          [['a', undefined]],
        )
      })
    }

    const MACHINES: Record<string, { begin: () => unknown; shown: string }> = {
      'a machine that is up': { begin: () => boot(24 * HOUR, ['kernel', 'up']), shown: 'm1' },
      'a machine that boots': { begin: () => boot(60_000, ['file']), shown: 'm1 (booting)' },
      'a virtual machine': {
        begin: () => {
          boot(60_000, ['up'])
          const lock = tryLockVm(vm('running').dir)!
          endings.push(() => lock.release())
        },
        shown: 'm1 (qemu)',
      },
    }

    for (const [what, { begin, shown }] of Object.entries(MACHINES)) {
      it(`${what}: is named, and needs force`, async () => {
        await begin()
        assert.equal(await users(), shown)
        const said = new RegExp(`run by ${shown.replace(/[()]/g, '\\$&')}`)
        for (const one of [lab, open(true)]) {
          await assert.rejects(
            destroyEnvironment(one, { name: 'a', force: false }),
            beError('BE_IN_USE', said),
          )
          const renamed = renameEnvironment(one, { name: 'a', to: 'b', force: false })
          await assert.rejects(renamed, beError('BE_IN_USE', /; .*be rename -f a b/))
          const umounted = umountEnvironment(one, { name: 'a', force: false })
          await assert.rejects(umounted, beError('BE_IN_USE', said))
          const removed = removeMachine(one, { machine: 'm1', force: false })
          await assert.rejects(removed, beError('BE_MACHINE_RUNS', /m1 runs a; .*be machine remove -f m1/))
        }
        await umountEnvironment(lab, { name: 'a', force: true })
        await renameEnvironment(lab, { name: 'a', to: 'b', force: true })
        await destroyEnvironment(lab, { name: 'b', force: true })
        await removeMachine(lab, { machine: 'm1', force: true })
        assert.deepEqual([await lab.store.list(), lab.inventory.list()], [[], []])
      })
    }

    it('jails on FreeBSD, by their paths, whoever made them', async () => {
      const { path } = await lab.store.get('a')
      const stdout = `3 www ${path}\n4 other /jails/a`
      Object.assign(lab, {
        effective: { ...lab.effective, platform: 'freebsd' },
        run: async () => ({ stdout, stderr: '' }),
      })
      assert.equal(await users(), 'jail 3')
      await assert.rejects(
        destroyEnvironment(lab, { name: 'a', force: true }),
        beError('BE_BUSY', /be unjail a/),
      )
    })

    it('what is over, failed, or never began is no user', async () => {
      const over: (() => unknown)[] = [
        () => boot(60_000, []),
        () => boot(2 * HOUR, ['file', 'kernel']),
        () => boot(60_000, ['file'], { ownDisk: Date.now() }),
        () => boot(60_000, ['up'], { be: 'other' }),
        // The machine went off after it was up.
        () => {
          boot(60_000, ['up'])
          vm('off')
        },
        // Its supervisor was killed.
        () => {
          boot(60_000, [])
          vm('running')
        },
        // Another process has the pid now.
        () => {
          const processes = [{ pid: process.pid, started: 'before the restart of the host' }]
          mkdirSync(join(lab.stateDir, 'tree-users'), { recursive: true })
          writeFileSync(
            join(lab.stateDir, 'tree-users/a.json'),
            JSON.stringify({ processes, unmount: false }),
          )
        },
      ]
      for (const begin of over) {
        begin()
        assert.equal(await users(), '')
      }
      await destroyEnvironment(lab, { name: 'a', force: false })
    })
  })
}
