import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { BootEnvironment } from '../../be/be.ts'
import { BeError } from '../../errors/errors.ts'
import { runningPid } from '../../host/daemon.ts'
import { childrenOf } from '../../host/process-tree.ts'
import type { Lab } from '../../lab/lab.ts'
import { readRecordIfAllowed } from './tree-record.ts'

/** A jail that no running `be` ends: `be jail -b` or -U left it, or somebody else made it. */
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

/**
 * The jails that a boot environment was left with; on FreeBSD also one jail, of whoever, by its name or jid as in bectl(8).
 * A boot environment's name comes before a jail's, and that before a jid.
 */
export async function findJails(lab: JailsLab, nameOrId: string): Promise<Jail[]> {
  const trees = await lab.store.list()
  const own = await jailsIn(
    lab,
    trees.filter(({ name }) => name === nameOrId),
  )
  if (own.length > 0 || lab.effective.platform === 'linux') return own
  const all = await runningJails(lab)
  const one = all.find(({ name }) => name === nameOrId) ?? all.find(({ id }) => id === nameOrId)
  const be = trees.find(({ path }) => path === one?.path)?.name
  return one === undefined || be === undefined ? [] : [jailOf(be, one.id)]
}

/** The jails that these boot environments were left with: those of `be jail` in the foreground are not among them. */
export async function jailsIn(
  lab: Pick<JailsLab, 'effective' | 'stateDir' | 'run'>,
  trees: readonly Pick<BootEnvironment, 'name' | 'path'>[],
): Promise<Jail[]> {
  if (lab.effective.platform !== 'linux') return leftOnFreebsd(lab, trees)
  const files = await readdir(dirname(jailFiles(lab.stateDir, '').pidFile)).catch(() => [])
  const names = new Set(files.map(file => basename(file, '.pid')))
  const found = trees.filter(({ name }) => names.has(name)).map(({ name }) => fromPidFile(lab, name))
  return (await Promise.all(found)).filter(jail => jail !== undefined)
}

async function fromPidFile(lab: Pick<Lab, 'stateDir'>, be: string): Promise<Jail | undefined> {
  const pid = await keeperOf(lab, be)
  if (pid === undefined) return undefined
  const target = String(childrenOf(pid)[0] ?? pid)
  const enter = ['nsenter', '--target', target, '--mount', '--uts', '--ipc', '--net', '--pid']
  return { be, id: String(pid), enter }
}

/** Linux: the process that keeps the namespaces of a boot environment's persistent jail. */
export const keeperOf = ({ stateDir }: Pick<Lab, 'stateDir'>, be: string): Promise<number | undefined> =>
  runningPid(jailFiles(stateDir, be).pidFile, 'unshare', be)

async function leftOnFreebsd(
  lab: Pick<JailsLab, 'stateDir' | 'run'>,
  trees: readonly Pick<BootEnvironment, 'name' | 'path'>[],
): Promise<Jail[]> {
  if (trees.length === 0) return []
  const all = await runningJails(lab)
  const left = trees.map(async ({ name: be, path }) => {
    const inTree = all.filter(jail => jail.path === path)
    if (inTree.length === 0) return []
    const { users, killed } = await readRecordIfAllowed(lab, be)
    const owned = [...users.processes, ...killed].map(({ jail }) => jail)
    return inTree.filter(({ name }) => !owned.includes(name)).map(({ id }) => jailOf(be, id))
  })
  return (await Promise.all(left)).flat()
}

const jailOf = (be: string, jid: string): Jail => ({ be, id: jid, enter: ['jexec', jid] })

/** FreeBSD: all jails of this host. From jls(8): one jail a line, its parameters separated by blanks. */
export async function runningJails(
  lab: Pick<JailsLab, 'run'>,
): Promise<{ id: string; name: string; path: string }[]> {
  const options = { timeoutMs: JLS_LIMIT_MS, platform: 'freebsd' as const }
  const { stdout } = await lab.run(['jls', 'jid', 'name', 'path'], options)
  return stdout.split('\n').flatMap(line => {
    const [, id, name, path] = /^(\d+) (\S+) (.*)$/.exec(line.trim()) ?? []
    return id === undefined ? [] : [{ id, name: name!, path: path! }]
  })
}

/** Throws BE_JAILED: a boot environment has one persistent jail, so that `be unjail` knows which is meant. */
export async function checkNotJailed(lab: JailsLab, name: string): Promise<void> {
  const [jail] = await findJails(lab, name)
  if (jail === undefined) return
  throw new BeError('BE_JAILED', `${name} is jailed already (${jail.id})`, {
    hint: `${jail.enter.join(' ')} COMMAND runs in there; be unjail ${name} ends it`,
  })
}
