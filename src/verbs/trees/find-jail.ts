import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { BootEnvironment } from '../../be/be.ts'
import { BeError } from '../../errors/errors.ts'
import { runningPid } from '../../host/daemon.ts'
import { childrenOf } from '../../host/process-tree.ts'
import type { Lab } from '../../lab/lab.ts'

/** A persistent jail (`be jail -b`). */
export interface Jail {
  be: string
  /** jid; on Linux the pid of the process that keeps the namespaces. */
  id: string
  /** The prefix of a command that is to run in it: `jexec 3`. */
  enter: string[]
}

export type JailsLab = Pick<Lab, 'effective' | 'store' | 'stateDir' | 'run'>

const JLS_LIMIT_MS = 10_000

/** Linux: the files of the process that keeps a jail's namespaces: its pid, and its output. */
export const jailFiles = (stateDir: string, be: string): { pidFile: string; logFile: string } => ({
  pidFile: join(stateDir, 'jails', `${be}.pid`),
  logFile: join(stateDir, 'jails', `${be}.log`),
})

/** The persistent jail of a boot environment, if it has one; on FreeBSD also by jid or jail name, as in bectl(8). */
export async function findJail(lab: JailsLab, nameOrId: string): Promise<Jail | undefined> {
  if (lab.effective.platform === 'linux') return fromPidFile(lab, nameOrId)
  const jails = await fromJls(lab, await lab.store.list())
  return jails.find(({ jail, name }) => [jail.id, name, jail.be].includes(nameOrId))?.jail
}

/** The jails of these boot environments. */
export async function jailsIn(
  lab: Pick<JailsLab, 'effective' | 'stateDir' | 'run'>,
  trees: readonly Pick<BootEnvironment, 'name' | 'path'>[],
): Promise<Jail[]> {
  if (lab.effective.platform !== 'linux') return (await fromJls(lab, trees)).map(({ jail }) => jail)
  const files = await readdir(dirname(jailFiles(lab.stateDir, '').pidFile)).catch(() => [])
  const names = new Set(files.map(file => basename(file, '.pid')))
  const found = trees.filter(({ name }) => names.has(name)).map(({ name }) => fromPidFile(lab, name))
  return (await Promise.all(found)).filter(jail => jail !== undefined)
}

async function fromPidFile({ stateDir }: Pick<Lab, 'stateDir'>, be: string): Promise<Jail | undefined> {
  const pid = await runningPid(jailFiles(stateDir, be).pidFile, 'unshare', be)
  if (pid === undefined) return undefined
  const target = String(childrenOf(pid)[0] ?? pid)
  const enter = ['nsenter', '--target', target, '--mount', '--uts', '--ipc', '--net', '--pid']
  return { be, id: String(pid), enter }
}

/** From jls(8): one jail a line, its parameters separated by blanks. */
async function fromJls(
  lab: Pick<JailsLab, 'run'>,
  trees: readonly Pick<BootEnvironment, 'name' | 'path'>[],
): Promise<{ jail: Jail; name: string }[]> {
  const options = { timeoutMs: JLS_LIMIT_MS, platform: 'freebsd' as const }
  const { stdout } = await lab.run(['jls', 'jid', 'name', 'path'], options)
  return stdout.split('\n').flatMap(line => {
    const [, id, name, path] = /^(\d+) (\S+) (.*)$/.exec(line.trim()) ?? []
    const be = trees.find(tree => tree.path === path)?.name
    return be === undefined ? [] : [{ jail: { be, id: id!, enter: ['jexec', id!] }, name: name! }]
  })
}

/** Throws BE_JAILED: two jails of one boot environment would conflict in their name and their /dev. */
export async function checkNotJailed(lab: JailsLab, name: string): Promise<void> {
  const jail = await findJail(lab, name)
  if (jail === undefined) return
  throw new BeError('BE_JAILED', `${name} is jailed already (${jail.id})`, {
    hint: `${jail.enter.join(' ')} COMMAND runs in there; be unjail ${name} ends it`,
  })
}
