import { join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { runningPid } from '../../host/daemon.ts'
import { childrenOf } from '../../host/process-tree.ts'
import { type Run, run } from '../../host/run.ts'
import type { Lab } from '../../lab/lab.ts'

/** A jail that stays (`be jail -b`). */
export interface Jail {
  be: string
  /** jid; on Linux the pid of the process that keeps the namespaces. */
  id: string
  /** The words that, put before a command, run it in there. */
  enter: string[]
}

/** `run` is replaced by tests. */
export type JailsLab = Pick<Lab, 'effective' | 'store' | 'stateDir'> & { run?: Run }

const JLS_MS = 10_000

/** Files of the process that keeps a jail's namespaces on Linux: its pid, and what it prints. */
export const jailFiles = (stateDir: string, be: string): { pidFile: string; logFile: string } => ({
  pidFile: join(stateDir, 'jails', `${be}.pid`),
  logFile: join(stateDir, 'jails', `${be}.log`),
})

/** The jail of a boot environment, if one stays; on FreeBSD also by its jid or name, as bectl(8) takes them. */
export async function findJail(lab: JailsLab, nameOrId: string): Promise<Jail | undefined> {
  return lab.effective.platform === 'linux' ? fromPidFile(lab, nameOrId) : fromJls(lab, nameOrId)
}

async function fromPidFile({ stateDir }: JailsLab, be: string): Promise<Jail | undefined> {
  const pid = await runningPid(jailFiles(stateDir, be).pidFile, 'unshare', be)
  if (pid === undefined) return undefined
  const target = String(childrenOf(pid)[0] ?? pid)
  const enter = ['nsenter', '--target', target, '--mount', '--uts', '--ipc', '--net', '--pid']
  return { be, id: String(pid), enter }
}

/** jls(8): one jail a line, its parameters separated by blanks. */
async function fromJls(lab: JailsLab, nameOrId: string): Promise<Jail | undefined> {
  const options = { timeoutMs: JLS_MS, platform: 'freebsd' as const }
  const { stdout } = await (lab.run ?? run)(['jls', 'jid', 'name', 'path'], options)
  const trees = await lab.store.list()
  for (const line of stdout.split('\n')) {
    const [, jid, name, path] = /^(\d+) (\S+) (.*)$/.exec(line.trim()) ?? []
    const be = trees.find(tree => tree.path === path)?.name
    if (be === undefined || ![jid, name, be].includes(nameOrId)) continue
    return { be, id: jid!, enter: ['jexec', jid!] }
  }
  return undefined
}

/** Throws BE_JAILED: two jails of one boot environment would share its name and its devices. */
export async function checkNotJailed(lab: JailsLab, name: string): Promise<void> {
  const jail = await findJail(lab, name)
  if (jail === undefined) return
  throw new BeError('BE_JAILED', `${name} is jailed already (${jail.id})`, {
    hint: `${jail.enter.join(' ')} COMMAND runs in there; be unjail ${name} ends it`,
  })
}
