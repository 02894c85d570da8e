import { join } from 'node:path'
import type { InstallArch } from '../../be/be.ts'
import { Cache } from '../../be/install/cache.ts'
import { copyJob } from '../../be/install/copy.ts'
import { debianJob } from '../../be/install/debian.ts'
import { freebsdJob } from '../../be/install/freebsd.ts'
import type { Job, Progress } from '../../be/install/job.ts'
import type { Branch } from '../../be/install/release.ts'
import { openSource } from '../../be/install/source.ts'
import { mountPointError } from '../../be/store-errors.ts'
import { emptyTree, holdsFiles } from '../../be/tree/contents.ts'
import { readInstalling, removeInstalling, writeInstalling } from '../../be/tree/install-marker.ts'
import { checkMounted, mountPointsBelow } from '../../be/tree/mount-points.ts'
import { TreeReader } from '../../be/tree/read.ts'
import { BeError } from '../../errors/errors.ts'
import { run } from '../../host/run.ts'
import type { Lab } from '../../lab/lab.ts'
import { type Fetch, nodeFetch } from '../../net/fetch.ts'
import { lockTree } from '../../state/lock.ts'
import { type MachineUsersLab, refuseWriters } from '../trees/users.ts'
import { beName } from './names.ts'

/** The systems of `be install -o`. */
export const SYSTEMS = ['FreeBSD', 'Debian'] as const
export type System = (typeof SYSTEMS)[number]

export interface InstallInput {
  name: string
  system: System
  arch: InstallArch
  branch: Branch
  /** A FreeBSD release or a Debian suite. */
  release?: string
  /** Path or URL; default: the configured mirror. */
  mirror?: string
  /** Distribution sets of FreeBSD, or packages of Debian, besides the necessary ones. */
  sets: string[]
  /** A directory or an archive to install instead of a release. */
  from?: string
  /** Also into a tree that has files, or that machines run which can write to it. */
  force: boolean
  /** Keep fetched files, within install.cache. */
  cache: boolean
  progress: Progress
  /** Replaced by tests. */
  fetch?: Fetch
}

type InstallLab = MachineUsersLab &
  Pick<Lab, 'shares' | 'settings' | 'effective' | 'store' | 'dryRun' | 'say'>

/**
 * Installs a system into a boot environment, which is created if there is none; resolves with its path. While the
 * installation is incomplete, the boot environment is not booted; the same command resumes it. With -n only says what
 * would be done.
 *
 * Throws BE_INSTALL_…, BE_FETCH_…, BE_FILE_…, BE_PROGRAM_MISSING, BE_TREE_BUSY, BE_BUSY, and the errors of the store.
 */
export async function installEnvironment(
  lab: InstallLab,
  input: InstallInput,
): Promise<{ name: string; path: string }> {
  const name = beName(lab, input.name)
  const caches = {
    sets: new Cache(join(lab.stateDir, 'cache/sets')),
    packages: new Cache(join(lab.stateDir, 'cache/packages')),
  }
  if (!lab.dryRun && process.getuid?.() !== 0) throw notRoot()
  const job = await makeJob(lab, name, input, caches)
  if (lab.dryRun) return describe(lab, name, job, input.force)
  if (!input.force) await refuseWriters(lab, name, 'force it (--force)')
  const lock = lockTree(lab.stateDir, name)
  try {
    const root = await prepareTarget(lab, name, job, input.force)
    await installParts(lab, root, job, input.progress)
    const kept = input.cache ? lab.settings['install.cache'] : 0
    for (const cache of Object.values(caches)) await cache.shrink(kept * 1e6)
    return { name, path: root }
  } finally {
    lock.release()
  }
}

async function makeJob(
  lab: InstallLab,
  name: string,
  { system, arch, branch, release, mirror, sets, from, fetch = nodeFetch }: InstallInput,
  caches: { sets: Cache; packages: Cache },
): Promise<Job> {
  if (from !== undefined) return copyJob(from)
  if (system === 'Debian') return debianJob({ arch, suite: release, mirror, packages: sets }, caches.packages)
  const web = { fetch, clock: lab.clock }
  const source = await openSource(mirror ?? lab.settings['install.mirror'], web)
  return freebsdJob({ source, web, cache: caches.sets, fetcher: name }, { arch, branch, release }, sets)
}

/**
 * The path of the boot environment, and the mark of an interrupted installation; undefined when there is none. Throws
 * BE_INSTALL_OTHER, BE_INSTALL_NOT_EMPTY.
 */
async function inspectTarget(lab: InstallLab, name: string, job: Job, force: boolean) {
  const be = await lab.store.get(name).catch(error => {
    if (error instanceof BeError && error.code === 'BE_UNKNOWN') return undefined
    throw error
  })
  if (be === undefined) return undefined
  // Where it is not mounted, its path is a directory of the host's own file system.
  if (be.mounted === false) {
    if (lab.dryRun) return { path: be.path, begun: undefined }
    await lab.store.mount(name)
  }
  const begun = await readInstalling(new TreeReader(be.path))
  if (begun !== undefined && begun.what !== job.what) throw otherBegun(name, begun.what)
  if (begun === undefined && !(force && job.resumable) && holdsFiles(be.path)) {
    throw notEmpty(name, be.path)
  }
  return { path: be.path, begun }
}

/** Creates the boot environment if there is none, mounts it, and marks it as being installed; resolves with its path. */
async function prepareTarget(lab: InstallLab, name: string, job: Job, force: boolean): Promise<string> {
  const there = await inspectTarget(lab, name, job, force)
  if (there === undefined) await lab.store.create(name, job.layout)
  const { path } = await lab.store.mount(name)
  const fileSystems = await lab.store.fileSystems(name)
  checkMounted(name, fileSystems)
  if (there?.begun === undefined) writeInstalling(path, { what: job.what, done: [] })
  else if (!job.resumable) {
    const own = fileSystems.flatMap(({ dataSet, path }) => (dataSet === undefined ? [] : path))
    const foreign = (await mountPointsBelow(path)).find(point => !own.includes(point))
    if (foreign !== undefined) throw mountPointError(foreign, `emptying ${name} would reach into it`)
    await emptyTree(path, own)
  } else lab.say(`going on with ${name}: ${there.begun.done.join(', ') || 'nothing'} is done`)
  return path
}

/** Installs the missing parts, and removes the mark when all of it is on disk. */
async function installParts(lab: InstallLab, root: string, job: Job, progress: Progress): Promise<void> {
  const { platform } = lab.effective
  const done = [...((await readInstalling(new TreeReader(root)))?.done ?? [])]
  for (const part of job.parts) {
    if (done.includes(part.name)) continue
    lab.say(part.what)
    await part.put({ root, platform, progress })
    done.push(part.name)
    writeInstalling(root, { what: job.what, done })
  }
  const sync = platform === 'linux' ? ['sync', '-f', root] : ['sync']
  await run(sync, { timeoutMs: 600_000, platform })
  removeInstalling(root)
}

/** -n: says what would be done. */
async function describe(lab: InstallLab, name: string, job: Job, force: boolean) {
  const there = await inspectTarget(lab, name, job, force)
  const path = there?.path ?? (await lab.store.create(name, job.layout, true)).path
  if (there === undefined) lab.say(`would create ${path} (${job.layout})`)
  for (const part of job.parts) {
    const done = there?.begun?.done.includes(part.name)
    lab.say(done ? `${part.name} is there already` : `would ${part.what}`)
  }
  return { name, path }
}

const notRoot = (): BeError =>
  new BeError('BE_INSTALL_PERMISSION', 'only root can install: files keep the owners that they have', {
    hint: 'run as root',
  })

const otherBegun = (name: string, what: string): BeError =>
  new BeError('BE_INSTALL_OTHER', `${name} is half installed already: ${what}`, {
    hint: `ask for the same again, and it goes on; or be destroy ${name} first`,
  })

const notEmpty = (name: string, path: string): BeError =>
  new BeError('BE_INSTALL_NOT_EMPTY', `${name} is not empty: ${path}`, {
    expected: 'a new boot environment, or one without files',
    hint: 'choose another name; --force unpacks over what is there, but for Debian',
  })
