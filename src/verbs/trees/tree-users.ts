import { join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import { isAlive } from '../../host/daemon.ts'
import { readIfThere, removeFile, writeAtomic } from '../../host/files.ts'
import { withTreeUsersLock } from '../../state/lock.ts'
import { findJail } from './find-jail.ts'
import type { TreeLab } from './run.ts'

/** Who runs something in a boot environment's tree on this host. */
interface TreeUsers {
  /** Of each `be jail` or `be chroot`. */
  pids: number[]
  /** One of them mounted it: the last unmounts it. */
  unmount: boolean
}

const NOBODY: TreeUsers = { pids: [], unmount: false }

/**
 * Mounts a boot environment where it is not mounted. The undo unmounts it again, unless somebody else has moved in
 * meanwhile: then the last of them does, be it `be unjail`. What is shared by the end stays: its export needs it.
 * `leave`: when all goes well it stays mounted on our account.
 */
export function acquireTree(ground: TreeLab, name: string, leave = false): Step {
  const { store } = ground
  let mountedIt = false
  return {
    what: `mount ${name}`,
    apply: () =>
      updateUsers(ground, name, async ({ pids, unmount }) => {
        mountedIt = !(await store.fileSystems(name)).every(({ mounted }) => mounted)
        const now = { pids: [...pids, process.pid], unmount: unmount || (mountedIt && !leave) }
        return mountedIt ? { now, work: () => store.mount(name) } : { now }
      }),
    undo: () =>
      updateUsers(ground, name, async ({ pids, unmount }) => {
        const now = { pids: without(pids, process.pid), unmount: unmount || mountedIt }
        const isLast = now.pids.length === 0 && (await findJail(ground, name)) === undefined
        return isLast && now.unmount ? { now, work: () => umountUnshared(ground, name) } : { now }
      }),
  }
}

/** Unmounts a boot environment whose jail has ended, unless it is shared, or others are in it: then the last does. */
export const releaseTree = (ground: TreeLab, name: string): Promise<void> =>
  updateUsers(ground, name, async ({ pids }) =>
    pids.length > 0
      ? { now: { pids, unmount: true } }
      : { now: NOBODY, work: () => umountUnshared(ground, name) },
  )

/** Throws BE_BUSY while something runs in it here: Linux would take the file systems below from under that. */
export async function checkTreeUnused(ground: TreeLab, name: string): Promise<void> {
  const { pids } = await read(fileOf(ground, name))
  const jail = await findJail(ground, name)
  if (pids.length === 0 && jail === undefined) return
  const who = jail === undefined ? `process ${pids.join(', ')}` : `the jail ${jail.id}`
  throw new BeError('BE_BUSY', `${name} has ${who} running in it`, {
    hint: jail === undefined ? 'let it end' : `be unjail ${name} ends it`,
    exit: 'tryAgain',
  })
}

async function umountUnshared({ shares, store }: TreeLab, name: string): Promise<void> {
  if (shares.get(name) === undefined) await store.umount(name)
}

/** Who is in from now on, and what that takes. */
interface Move {
  now: TreeUsers
  work?: () => Promise<unknown>
}

/** One at a time: noted first, then done, and as it was where it cannot be. Nothing where nothing is ever mounted. */
async function updateUsers(
  ground: TreeLab,
  name: string,
  decide: (before: TreeUsers) => Promise<Move>,
): Promise<void> {
  const { stateDir, clock, store } = ground
  if ((await store.fileSystems(name)).every(({ dataSet }) => dataSet === undefined)) return
  await withTreeUsersLock(stateDir, name, clock, async () => {
    const file = fileOf(ground, name)
    const before = await read(file)
    const { now, work } = await decide(before)
    await note(file, now)
    await work?.().catch(async error => {
      await note(file, before)
      throw error
    })
  })
}

const fileOf = ({ stateDir }: TreeLab, name: string): string => join(stateDir, 'tree-users', `${name}.json`)

const note = (file: string, tenants: TreeUsers): Promise<void> =>
  tenants.pids.length > 0 ? writeAtomic(file, JSON.stringify(tenants), 0o640) : removeFile(file)

/** Once: one process may be in a tree several times. */
const without = (pids: number[], pid: number): number[] =>
  pids.filter((one, at) => one !== pid || at !== pids.indexOf(pid))

/** Those that were killed are gone; nobody is left to unmount for, then. */
async function read(file: string): Promise<TreeUsers> {
  const text = await readIfThere(file)
  if (text === undefined) return NOBODY
  const { pids, unmount } = JSON.parse(text) as TreeUsers
  const alive = pids.filter(isAlive)
  return { pids: alive, unmount: unmount && alive.length > 0 }
}
