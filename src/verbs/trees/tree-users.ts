import { join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import { startOf } from '../../host/daemon.ts'
import { readIfThere, removeFile, writeAtomic } from '../../host/files.ts'
import type { Lab } from '../../lab/lab.ts'
import { withTreeUsersLock } from '../../state/lock.ts'
import { findJail, type JailsLab } from './find-jail.ts'

export type TreeUsersLab = JailsLab & Pick<Lab, 'shares' | 'clock'>

/** The processes of `be jail` and `be chroot` that use a boot environment's tree on this host. */
interface TreeUsers {
  /** A process that uses it twice is listed twice. `started` (startOf) tells it from a later one with the same pid. */
  processes: { pid: number; started: string }[]
  /** One of them has mounted it, so that the last one is to unmount it. */
  unmount: boolean
}

const NO_USERS: TreeUsers = { processes: [], unmount: false }

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
      updateUsers(lab, name, async ({ processes, unmount }) => {
        mountedIt = !(await store.fileSystems(name)).every(({ mounted }) => mounted)
        const self = { pid: process.pid, started: (await startOf(process.pid)) ?? '' }
        const now = { processes: [...processes, self], unmount: unmount || (mountedIt && !leave) }
        return mountedIt ? { now, work: () => store.mount(name) } : { now }
      }),
    undo: () =>
      updateUsers(lab, name, async ({ processes, unmount }) => {
        const now = { processes: withoutOne(processes, process.pid), unmount: unmount || mountedIt }
        const mayUnmount = now.unmount && now.processes.length === 0
        const isLast = mayUnmount && (await findJail(lab, name)) === undefined
        return isLast ? { now, work: () => umountUnlessShared(lab, name) } : { now }
      }),
  }
}

/** Unmounts a boot environment whose jail has ended, unless it is shared; if processes use it, the last one does. */
export const releaseTree = (lab: TreeUsersLab, name: string): Promise<void> =>
  updateUsers(lab, name, async ({ processes }) =>
    processes.length > 0
      ? { now: { processes, unmount: true } }
      : { now: NO_USERS, work: () => umountUnlessShared(lab, name) },
  )

/**
 * The running processes of `be jail` and `be chroot` that use a boot environment's tree; none for a user who may not know,
 * and can change nothing either.
 */
export async function processesIn(lab: Pick<Lab, 'stateDir'>, name: string): Promise<number[]> {
  const { processes } = await read(fileOf(lab, name)).catch(error => {
    if (error instanceof BeError && error.exit === 'permission') return NO_USERS
    throw error
  })
  return [...new Set(processes.map(({ pid }) => pid))]
}

async function umountUnlessShared({ shares, store }: TreeUsersLab, name: string): Promise<void> {
  if (shares.get(name) === undefined) await store.umount(name)
}

/** The next list of users, and the mount or unmount that goes with it. */
interface Update {
  now: TreeUsers
  work?: () => Promise<unknown>
}

/** Changes the users of a tree under its lock: writes them, then does the work; if that fails, writes the users back. */
async function updateUsers(
  lab: TreeUsersLab,
  name: string,
  decide: (before: TreeUsers) => Promise<Update>,
): Promise<void> {
  const { stateDir, clock } = lab
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

const fileOf = ({ stateDir }: Pick<Lab, 'stateDir'>, name: string): string =>
  join(stateDir, 'tree-users', `${name}.json`)

const write = (file: string, users: TreeUsers): Promise<void> =>
  users.processes.length > 0 ? writeAtomic(file, JSON.stringify(users), 0o640) : removeFile(file)

function withoutOne(processes: TreeUsers['processes'], pid: number): TreeUsers['processes'] {
  const first = processes.findIndex(one => one.pid === pid)
  return processes.filter((_, at) => at !== first)
}

/** The users without processes that were killed. When no process is left, `unmount` is false. */
async function read(file: string): Promise<TreeUsers> {
  const text = await readIfThere(file)
  if (text === undefined) return NO_USERS
  const { processes = [], unmount = false } = JSON.parse(text) as Partial<TreeUsers>
  const starts = await Promise.all(processes.map(({ pid }) => startOf(pid)))
  const alive = processes.filter(({ started }, at) => starts[at] === started)
  return { processes: alive, unmount: unmount && alive.length > 0 }
}
