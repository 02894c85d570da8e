import { join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { startOf } from '../../host/daemon.ts'
import { readIfThere, removeFile, writeAtomic } from '../../host/files.ts'
import type { Lab } from '../../lab/lab.ts'
import type { TreeMount } from '../../launch/common/launch.ts'

/** A process, told from a later one with the same pid by its start (startOf). */
export interface ProcessId {
  pid: number
  started: string
}

/** One `be jail` or `be chroot`. */
export interface TreeUser extends ProcessId {
  /** Tells several uses by one process apart. */
  use: number
  /** FreeBSD: the name of its jail. */
  jail?: string
  /** FreeBSD: the command of `be chroot`, which goes on when `be` is killed. */
  command?: ProcessId
}

/** Who uses a boot environment's tree on this host, and what the last of them is to take back. */
export interface TreeUsers {
  processes: TreeUser[]
  /** File systems that were mounted in the tree, in their order. */
  mounts: TreeMount[]
  /** The boot environment itself was mounted. */
  unmount: boolean
}

/** A record, with the users that were killed apart. */
export interface TreeRecord {
  users: TreeUsers
  killed: TreeUser[]
}

type RecordLab = Pick<Lab, 'stateDir'>

const recordFile = ({ stateDir }: RecordLab, name: string): string =>
  join(stateDir, 'tree-users', `${name}.json`)

/** When the host was booted: its first process started then. */
const bootOfHost = (): Promise<string | undefined> => startOf(1)

/** Of an earlier boot of the host nothing is left. */
export async function readRecord(lab: RecordLab, name: string): Promise<TreeRecord> {
  const text = await readIfThere(recordFile(lab, name))
  const saved: Partial<TreeUsers & { boot: string }> = text === undefined ? {} : JSON.parse(text)
  if (saved.boot !== (await bootOfHost())) return { users: noUsers(), killed: [] }
  const { processes = [], mounts = [], unmount = false } = saved
  const alive = await Promise.all(processes.map(isSame))
  return {
    users: { processes: processes.filter((_, at) => alive[at]), mounts, unmount },
    killed: processes.filter((_, at) => !alive[at]),
  }
}

export async function writeRecord(
  lab: RecordLab,
  name: string,
  { users, killed }: TreeRecord,
): Promise<void> {
  const processes = [...users.processes, ...killed]
  const isEmpty = processes.length === 0 && users.mounts.length === 0 && !users.unmount
  const file = recordFile(lab, name)
  if (isEmpty) return removeFile(file)
  await writeAtomic(file, JSON.stringify({ ...users, processes, boot: await bootOfHost() }), 0o640)
}

/** As readRecord; empty for a user who may not read it, and can change nothing either. */
export const readRecordIfAllowed = (lab: RecordLab, name: string): Promise<TreeRecord> =>
  readRecord(lab, name).catch(error => {
    if (error instanceof BeError && error.exit === 'permission') return { users: noUsers(), killed: [] }
    throw error
  })

/** Whether users were killed, or something is left to take back, which a jail may still need. */
export const hasOrphans = ({ users, killed }: TreeRecord): boolean =>
  killed.length > 0 || (users.processes.length === 0 && (users.unmount || users.mounts.length > 0))

/** The running processes of `be jail` and `be chroot` that use a boot environment's tree. */
export async function processesIn(lab: RecordLab, name: string): Promise<number[]> {
  const { processes } = (await readRecordIfAllowed(lab, name)).users
  return [...new Set(processes.map(({ pid }) => pid))]
}

/** Whether the process still runs. */
export const isSame = async ({ pid, started }: ProcessId): Promise<boolean> =>
  (await startOf(pid)) === started

/** The running process with this pid. */
export const processId = async (pid: number): Promise<ProcessId> => ({
  pid,
  started: (await startOf(pid)) ?? '',
})

export const noUsers = (): TreeUsers => ({ processes: [], mounts: [], unmount: false })
