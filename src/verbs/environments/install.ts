import { join } from 'node:path'
import type { Arch } from '../../be/be.ts'
import { Cache } from '../../be/install/cache.ts'
import { copyJob } from '../../be/install/copy.ts'
import { debianJob } from '../../be/install/debian.ts'
import { freebsdJob } from '../../be/install/freebsd.ts'
import type { Job, Progress } from '../../be/install/job.ts'
import type { Branch } from '../../be/install/release.ts'
import { openSource } from '../../be/install/source.ts'
import { parseBeName } from '../../be/name.ts'
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

/** Systems that `be install -o` knows. */
export const SYSTEMS = ['FreeBSD', 'Debian'] as const
export type System = (typeof SYSTEMS)[number]

export interface InstallRequest {
  system: System
  arch: Arch
  branch: Branch
  /** A FreeBSD release or a Debian suite. */
  release?: string
  /** A mirror other than the configured one. */
  mirror?: string
  /** Distribution sets of FreeBSD, or packages of Debian, besides those that are needed. */
  sets: string[]
  /** A directory or an archive instead of all that. */
  from?: string
  /** Into a tree that has something in it. */
  force: boolean
  /** Keep what was fetched. */
  cache: boolean
  fetch?: Fetch
}

/**
 * Installs a system into a boot environment, which is made if there is none. What is interrupted is never
 * offered for boot, and goes on when it is asked for again. Nothing is done with -n; answers the tree's path.
 *
 * Throws BE_INSTALL_…, BE_FETCH_…, BE_FILE_…, BE_PROGRAM_MISSING, and the errors of the store.
 */
export async function install(
  rooms: Lab,
  text: string,
  request: InstallRequest,
  progress: Progress,
): Promise<{ name: string; path: string }> {
  const name = parseBeName(text, rooms.settings['be.parent'])
  const caches = {
    sets: new Cache(join(rooms.stateDir, 'cache/sets')),
    packages: new Cache(join(rooms.stateDir, 'cache/packages')),
  }
  if (!rooms.dryRun && process.getuid?.() !== 0) throw notRoot()
  const job = await makeJob(rooms, name, request, caches)
  if (rooms.dryRun) return tell(rooms, name, job, request.force)
  const lock = lockTree(rooms.stateDir, name)
  try {
    const root = await ready(rooms, name, job, request.force)
    await work(rooms, root, job, progress)
    const kept = request.cache ? rooms.settings['install.cache'] : 0
    for (const cache of Object.values(caches)) await cache.shrink(kept * 1e6)
    return { name, path: root }
  } finally {
    lock.release()
  }
}

async function makeJob(
  rooms: Lab,
  name: string,
  { system, arch, branch, release, mirror, sets, from, fetch = nodeFetch }: InstallRequest,
  caches: { sets: Cache; packages: Cache },
): Promise<Job> {
  if (from !== undefined) return copyJob(from)
  if (system === 'Debian') return debianJob({ arch, suite: release, mirror, packages: sets }, caches.packages)
  const web = { fetch, clock: rooms.clock }
  const source = await openSource(mirror ?? rooms.settings['install.mirror'], web)
  return freebsdJob({ source, web, cache: caches.sets, fetcher: name }, { arch, branch, release }, sets)
}

/** What there is of a boot environment before it is installed into. */
async function look(rooms: Lab, name: string, job: Job, force: boolean) {
  const be = await rooms.store.get(name).catch(error => {
    if (error instanceof BeError && error.code === 'BE_UNKNOWN') return undefined
    throw error
  })
  if (be === undefined) return undefined
  // What is not mounted is not seen: below its path lies the host's own.
  if (be.mounted === false) {
    if (rooms.dryRun) return { path: be.path, begun: undefined }
    await rooms.store.mount(name)
  }
  const begun = await readInstalling(new TreeReader(be.path))
  if (begun !== undefined && begun.what !== job.what) throw otherBegun(name, begun.what)
  if (begun === undefined && !(force && job.resumable) && (await holdsFiles(be.path)))
    throw notEmpty(name, be.path)
  return { path: be.path, begun }
}

/** Makes the tree if need be, sees that it is mounted, and marks it. */
async function ready(rooms: Lab, name: string, job: Job, force: boolean): Promise<string> {
  const there = await look(rooms, name, job, force)
  if (there === undefined) await rooms.store.create(name, job.layout)
  const { path } = await rooms.store.mount(name)
  const systems = await rooms.store.fileSystems(name)
  checkMounted(name, systems)
  if (there?.begun === undefined) await writeInstalling(path, { what: job.what, done: [] })
  else if (!job.resumable) {
    const own = systems.flatMap(system => (system.dataSet === undefined ? [] : system.path))
    const foreign = (await mountPointsBelow(path)).find(point => !own.includes(point))
    if (foreign !== undefined) throw mountPointError(foreign, `emptying ${name} would reach into it`)
    await emptyTree(path, own)
  } else rooms.say(`going on with ${name}: ${there.begun.done.join(', ') || 'nothing'} is done`)
  return path
}

/** Puts in what is not in yet. The mark goes when all of it is on disk. */
async function work(rooms: Lab, root: string, job: Job, progress: Progress): Promise<void> {
  const { platform } = rooms.effective
  const done = [...((await readInstalling(new TreeReader(root)))?.done ?? [])]
  const fresh = !(await holdsFiles(root, true))
  for (const [index, part] of job.parts.entries()) {
    if (done.includes(part.name)) continue
    rooms.say(part.what)
    await part.put({ root, platform, progress }, fresh && index === 0)
    done.push(part.name)
    await writeInstalling(root, { what: job.what, done })
  }
  const sync = platform === 'linux' ? ['sync', '-f', root] : ['sync']
  await run(sync, { timeoutMs: 600_000, platform })
  await removeInstalling(root)
}

/** What would be done, with -n. */
async function tell(rooms: Lab, name: string, job: Job, force: boolean) {
  const there = await look(rooms, name, job, force)
  const path = there?.path ?? (await rooms.store.create(name, job.layout, true)).path
  if (there === undefined) rooms.say(`would create ${path} (${job.layout})`)
  for (const part of job.parts) {
    const done = there?.begun?.done.includes(part.name)
    rooms.say(done ? `${part.name} is there already` : `would ${part.what}`)
  }
  return { name, path }
}

const notRoot = (): BeError =>
  new BeError('BE_INSTALL_PERMISSION', 'only root can install: files keep the owners that they have', {
    hint: 'run as root',
    exit: 'permission',
  })

const otherBegun = (name: string, what: string): BeError =>
  new BeError('BE_INSTALL_OTHER', `${name} is half installed already: ${what}`, {
    hint: `ask for the same again, and it goes on; or be destroy ${name} first`,
    exit: 'data',
  })

const notEmpty = (name: string, path: string): BeError =>
  new BeError('BE_INSTALL_NOT_EMPTY', `${name} is not empty: ${path}`, {
    expected: 'a new boot environment, or one without files',
    hint: 'choose another name; --force unpacks over what is there, but for Debian',
  })
