import { join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import { isAlive } from '../../host/daemon.ts'
import { readIfThere, removeFile, writeAtomic } from '../../host/files.ts'
import type { Lab } from '../../lab/lab.ts'
import { withTreeUsersLock } from '../../state/lock.ts'
import { findJail, type JailsLab } from './find-jail.ts'

export type TreeUsersLab = JailsLab & Pick<Lab, 'shares' | 'clock'>

/** The processes of `be jail` and `be chroot` that use a boot environment's tree on this host. */
interface TreeUsers {
  /** A process that uses it twice is listed twice. */
  pids: number[]
  /** One of them has mounted it, so that the last one is to unmount it. */
  unmount: boolean
}

const NO_USERS: TreeUsers = { pids: [], unmount: false }

/**
 * The step that mounts a boot environment if it is not mounted, and adds this process to its users. Its undo removes the
 * process, and unmounts the boot environment again if no process and no jail uses it any more; otherwise the last user
 * does, which may be `be unjail`. A boot environment that has been shared meanwhile stays mounted. `leave`: as long as no
 * step fails, it stays mounted.
 */
export function acquireTree(lab: TreeUsersLab, name: string, leave = false): Step {
  const { store } = lab
  let mountedIt = false
  return {
    what: `mount ${name}`,
    apply: () =>
      updateUsers(lab, name, async ({ pids, unmount }) => {
        mountedIt = !(await store.fileSystems(name)).every(({ mounted }) => mounted)
        const now = { pids: [...pids, process.pid], unmount: unmount || (mountedIt && !leave) }
        return mountedIt ? { now, work: () => store.mount(name) } : { now }
      }),
    undo: () =>
      updateUsers(lab, name, async ({ pids, unmount }) => {
        const now = { pids: withoutOne(pids, process.pid), unmount: unmount || mountedIt }
        const isLast = now.pids.length === 0 && (await findJail(lab, name)) === undefined
        return isLast && now.unmount ? { now, work: () => umountUnlessShared(lab, name) } : { now }
      }),
  }
}

/** Unmounts a boot environment whose jail has ended, unless it is shared; if processes use it, the last one does. */
export const releaseTree = (lab: TreeUsersLab, name: string): Promise<void> =>
  updateUsers(lab, name, async ({ pids }) =>
    pids.length > 0
      ? { now: { pids, unmount: true } }
      : { now: NO_USERS, work: () => umountUnlessShared(lab, name) },
  )

/** Throws BE_BUSY while a process or a jail uses the tree here: Linux would unmount nested file systems in use. */
export async function checkTreeUnused(lab: TreeUsersLab, name: string): Promise<void> {
  const { pids } = await read(fileOf(lab, name))
  const jail = await findJail(lab, name)
  if (pids.length === 0 && jail === undefined) return
  const who = jail === undefined ? `process ${pids.join(', ')}` : `the jail ${jail.id}`
  throw new BeError('BE_BUSY', `${name} has ${who} running in it`, {
    hint: jail === undefined ? 'let it end' : `be unjail ${name} ends it`,
  })
}

async function umountUnlessShared({ shares, store }: TreeUsersLab, name: string): Promise<void> {
  if (shares.get(name) === undefined) await store.umount(name)
}

/** The next list of users, and the mount or unmount that goes with it. */
interface Update {
  now: TreeUsers
  work?: () => Promise<unknown>
}

/**
 * Changes the users of a tree under its lock: writes them, then does the work; if that fails, writes the users back.
 * Does nothing for a store that mounts nothing.
 */
async function updateUsers(
  lab: TreeUsersLab,
  name: string,
  decide: (before: TreeUsers) => Promise<Update>,
): Promise<void> {
  const { stateDir, clock, store } = lab
  if ((await store.fileSystems(name)).every(({ dataSet }) => dataSet === undefined)) return
  await withTreeUsersLock(stateDir, name, clock, async () => {
    const file = fileOf(lab, name)
    const before = await read(file)
    const { now, work } = await decide(before)
    await write(file, now)
    await work?.().catch(async error => {
      await write(file, before)
      throw error
    })
  })
}

const fileOf = ({ stateDir }: TreeUsersLab, name: string): string =>
  join(stateDir, 'tree-users', `${name}.json`)

const write = (file: string, users: TreeUsers): Promise<void> =>
  users.pids.length > 0 ? writeAtomic(file, JSON.stringify(users), 0o640) : removeFile(file)

const withoutOne = (pids: number[], pid: number): number[] =>
  pids.filter((one, at) => one !== pid || at !== pids.indexOf(pid))

/** The users without processes that were killed. When no process is left, `unmount` is false. */
async function read(file: string): Promise<TreeUsers> {
  const text = await readIfThere(file)
  if (text === undefined) return NO_USERS
  const { pids, unmount } = JSON.parse(text) as TreeUsers
  const alive = pids.filter(isAlive)
  return { pids: alive, unmount: unmount && alive.length > 0 }
}
