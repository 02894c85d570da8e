import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { runningPid } from '../../host/daemon.ts'
import { childrenOf } from '../../host/process-tree.ts'
import { run } from '../../host/run.ts'
import type { TreeLab } from './run.ts'

/** A jail that stays (`be jail -b`). */
export interface Jail {
  be: string
  /** jid; on Linux the pid of the process that keeps the namespaces. */
  id: string
  /** The words that, put before a command, run it in there. */
  enter: string[]
}

const JLS_MS = 10_000

/** Where the process that keeps a jail on Linux is noted, and what it says. */
export const jailFiles = (stateDir: string, be: string): { pidFile: string; logFile: string } => ({
  pidFile: join(stateDir, 'jails', `${be}.pid`),
  logFile: join(stateDir, 'jails', `${be}.log`),
})

/** The jail of a BE, if one stays; on FreeBSD also by its jid or name, as bectl(8) takes them. */
export async function findJail(ground: TreeLab, nameOrId: string): Promise<Jail | undefined> {
  return ground.effective.platform === 'linux' ? ofPidFile(ground, nameOrId) : ofJls(ground, nameOrId)
}

async function ofPidFile({ stateDir }: TreeLab, be: string): Promise<Jail | undefined> {
  const keeper = await runningPid(jailFiles(stateDir, be).pidFile, 'unshare', be)
  if (keeper === undefined) return undefined
  const target = String(childrenOf(keeper)[0] ?? keeper)
  const enter = ['nsenter', '--target', target, '--mount', '--uts', '--ipc', '--net', '--pid']
  return { be, id: String(keeper), enter }
}

/** jls(8): one jail a line, its parameters parted by blanks. */
async function ofJls(ground: TreeLab, nameOrId: string): Promise<Jail | undefined> {
  const options = { timeoutMs: JLS_MS, platform: 'freebsd' as const }
  const { stdout } = await (ground.run ?? run)(['jls', 'jid', 'name', 'path'], options)
  const trees = await ground.store.list()
  for (const line of stdout.split('\n')) {
    const [, jid, name, path] = /^(\d+) (\S+) (.*)$/.exec(line.trim()) ?? []
    const be = trees.find(tree => tree.path === path)?.name
    if (be === undefined || ![jid, name, be].includes(nameOrId)) continue
    return { be, id: jid!, enter: ['jexec', jid!] }
  }
  return undefined
}

/** Throws BE_JAILED: two jails of one BE would share its name and its devices. */
export async function checkNotJailed(ground: TreeLab, name: string): Promise<void> {
  const jailed = await findJail(ground, name)
  if (jailed === undefined) return
  throw new BeError('BE_JAILED', `${name} is jailed already (${jailed.id})`, {
    hint: `${jailed.enter.join(' ')} COMMAND runs in there; be unjail ${name} ends it`,
  })
}

/** Whether another file system is mounted here. */
export async function isMountPoint(path: string): Promise<boolean> {
  const [own, above] = await Promise.all(
    [path, join(path, '..')].map(one => lstat(one).catch(() => undefined)),
  )
  return own !== undefined && above !== undefined && own.dev !== above.dev
}
