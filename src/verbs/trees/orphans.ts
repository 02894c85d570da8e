import { lstat, readdir, readlink, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { reason } from '../../errors/errors.ts'
import { childrenOf, signalTree } from '../../host/process-tree.ts'
import type { Lab } from '../../lab/lab.ts'
import { retryUndo, runCommand, type StepContext } from '../../launch/common/steps.ts'
import { removeJail } from '../../launch/jail.ts'
import { type JailsLab, jailsIn, keeperOf, runningJails } from './find-jail.ts'
import {
  hasOrphans,
  isSame,
  noUsers,
  readRecord,
  type TreeRecord,
  type TreeUser,
  type TreeUsers,
  writeRecord,
} from './tree-record.ts'

export type OrphansLab = JailsLab & Pick<Lab, 'shares' | 'warn'>

/**
 * Ends what processes left in a tree that were killed (SIGKILL): jails, commands, and with the last user the mounts. It is
 * said in one line. What cannot be taken back is said as well, stays in the record, and is tried again by the next
 * command. The lock of the tree's users has to be held.
 */
export async function endOrphans(lab: OrphansLab, name: string): Promise<TreeRecord & { ended: boolean }> {
  const { users, killed } = await readRecord(lab, name)
  if (!hasOrphans({ users, killed })) return { users, killed, ended: false }
  const failures: string[] = []
  const attempt = (work: Promise<void>) =>
    work.then(
      () => true,
      error => {
        failures.push(reason(error))
        return false
      },
    )
  const kept: TreeUser[] = []
  for (const user of killed) {
    if (!(await attempt(endOrphan(lab, name, user, users)))) kept.push(user)
  }
  const record: TreeRecord = { users, killed: kept }
  const isLast = users.processes.length === 0 && kept.length === 0
  const takesBack = isLast && (await jailsIn(lab, [await lab.store.get(name)])).length === 0
  if (takesBack && (await attempt(takeBack(lab, name, users)))) {
    record.users = noUsers()
  }
  await writeRecord(lab, name, record)
  const ended = killed.length > 0 || takesBack
  if (ended) lab.warn(lineOf(name, killed, failures))
  return { ...record, ended }
}

function lineOf(name: string, killed: readonly TreeUser[], failures: readonly string[]): string {
  const pids = [...new Set(killed.map(({ pid }) => pid))].join(', ')
  const by = killed.length > 0 ? `be (${pids}), which was killed,` : 'a jail that has ended'
  return failures.length === 0
    ? `what ${by} left in ${name} has been taken back`
    : `what ${by} left in ${name} cannot all be taken back: ${failures.join('; ')}`
}

function endOrphan(lab: OrphansLab, name: string, user: TreeUser, users: TreeUsers): Promise<void> {
  return lab.effective.platform === 'linux' ? endNamespaces(lab, name, users) : endOnFreebsd(lab, name, user)
}

async function endOnFreebsd(lab: OrphansLab, name: string, { jail, command }: TreeUser): Promise<void> {
  if (command !== undefined && (await isSame(command))) await killTree(lab, command.pid)
  if (jail === undefined) return
  const { path } = await lab.store.get(name)
  const left = (await runningJails(lab)).find(one => one.name === jail && one.path === path)
  if (left === undefined) return
  await runCommand({ what: `remove jail ${jail}`, argv: removeJail(left.id) }, stepContext(lab))
}

/** A process and its descendants, from ps(1). */
async function killTree(lab: OrphansLab, root: number): Promise<void> {
  const { stdout } = await lab.run(['ps', '-ax', '-o', 'pid=', '-o', 'ppid='], { timeoutMs: 10_000 })
  const all = stdout
    .trim()
    .split('\n')
    .map(line => line.trim().split(/\s+/).map(Number))
  const pids = [root]
  for (let at = 0; at < pids.length; at++) {
    pids.push(...all.filter(([, parent]) => parent === pids[at]).map(([pid]) => pid!))
  }
  for (const pid of pids) signalTree(pid, 'SIGKILL')
}

/**
 * Kills the processes whose root is the tree, in mount namespaces that no living user has made. Those of the host's own
 * namespace are an admin's. The command itself dies with `be`, but what it started does not.
 */
async function endNamespaces(lab: OrphansLab, name: string, { processes }: TreeUsers): Promise<void> {
  const tree = await stat((await lab.store.get(name)).path).catch(() => undefined)
  if (tree === undefined) return
  const keeper = await keeperOf(lab, name)
  const living = [
    ...processes.flatMap(({ pid }) => childrenOf(pid)),
    ...(keeper === undefined ? [] : [keeper]),
  ]
  const spared = await Promise.all([process.pid, 1, ...living].map(mountNamespace))
  const pids = (await readdir('/proc')).filter(entry => /^\d+$/.test(entry)).map(Number)
  for (const pid of pids) {
    const root = await stat(`/proc/${pid}/root/`).catch(() => undefined)
    if (root === undefined || root.dev !== tree.dev || root.ino !== tree.ino) continue
    const namespace = await mountNamespace(pid)
    if (namespace === undefined || spared.includes(namespace)) continue
    signalTree(pid, 'SIGKILL')
  }
}

const mountNamespace = (pid: number): Promise<string | undefined> =>
  readlink(`/proc/${pid}/ns/mnt`).catch(() => undefined)

/** Unmounts what was mounted in the tree, and the boot environment, unless it is shared by now. */
export async function takeBack(lab: OrphansLab, name: string, { mounts, unmount }: TreeUsers): Promise<void> {
  for (const { at } of mounts.toReversed()) {
    if (!(await isMountPoint(at))) continue
    await retryUndo(() => runCommand({ what: `unmount ${at}`, argv: ['umount', at] }, stepContext(lab)))
  }
  if (!unmount || lab.shares.get(name) !== undefined) return
  const isMounted = (await lab.store.fileSystems(name)).some(({ mounted }) => mounted)
  if (isMounted) await retryUndo(async () => void (await lab.store.umount(name)))
}

/** What runs the programs of steps. */
export const stepContext = (lab: Pick<OrphansLab, 'run' | 'effective'>): StepContext => ({
  run: lab.run,
  platform: lab.effective.platform,
})

/** Whether another file system is mounted here. */
async function isMountPoint(path: string): Promise<boolean> {
  const [own, above] = await Promise.all(
    [path, join(path, '..')].map(one => lstat(one).catch(() => undefined)),
  )
  return own !== undefined && above !== undefined && own.dev !== above.dev
}
