import { chmod, lstat, mkdtemp, readdir, realpath, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError, errno, reason } from '../../errors/errors.ts'
import { isAlive } from '../../host/daemon.ts'
import { makeDirectory } from '../../host/directory.ts'
import type { MountedAt } from '../../host/host.ts'
import { localHost } from '../../host/local.ts'
import { isPseudoFileSystem, mountOf, mountTable, pointsBelow } from '../../host/mount-table.ts'
import { detectPlatform } from '../../host/platform.ts'
import type { BootEnvironment } from '../be.ts'
import { inspect } from '../inspect.ts'
import { copyTree } from '../install/copy.ts'
import { type Layout, makeLayout } from '../layout.ts'
import { mountPointIn } from '../mounts.ts'
import { checkBeName, isBeName } from '../name.ts'
import type {
  BeFileSystem,
  BeStore,
  CloneOptions,
  DestroyOptions,
  Mounted,
  RenameOptions,
  Snapshot,
} from '../store.ts'
import { exists, hostError, isMounted, isUsed, noSnapshots, unknown } from '../store-errors.ts'

/**
 * Each boot environment a directory below one root (`/ROOT`). Names that begin with a dot are ours:
 * `.new-…` is being made, `.gone-…` is being removed, and neither is ever listed.
 */
export class DirectoryStore implements BeStore {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** All, by name, or one; none when the root does not exist. */
  async list(one?: string): Promise<BootEnvironment[]> {
    if (one !== undefined) return [await this.get(one)]
    const root = await this.#realRoot()
    const names = await this.#names()
    return Promise.all(names.map(name => inspect(name, join(root, name))))
  }

  async get(name: string): Promise<BootEnvironment> {
    return inspect(name, await this.#path(name))
  }

  create(name: string, layout: Layout, dryRun = false): Promise<BootEnvironment> {
    return this.#make(name, dryRun, draft => makeLayout(draft, layout))
  }

  /** A copy of the directory, its own file system alone. */
  async clone(from: string, name: string, options: CloneOptions = {}): Promise<BootEnvironment> {
    const source = await this.#path(from)
    if (options.snapshot !== undefined) throw noSnapshots()
    return this.#make(name, options.dryRun ?? false, async draft => {
      await copyTree(source, { root: draft, platform: detectPlatform(), progress: () => {} })
      await options.adapt?.(draft)
    })
  }

  async #make(
    name: string,
    dryRun: boolean,
    fill: (draft: string) => Promise<void>,
  ): Promise<BootEnvironment> {
    checkBeName(name)
    try {
      if (!dryRun) makeDirectory(this.#root, 0o755)
      const path = join(await this.#realRoot(), name)
      if (await present(path)) throw exists(name, path)
      if (!dryRun) await this.#build(path, name, fill)
      return await inspect(name, path)
    } catch (error) {
      throw hostError(error, `cannot create ${name} in ${this.#root}`)
    }
  }

  async rename(
    name: string,
    to: string,
    { adapt, dryRun = false }: RenameOptions = {},
  ): Promise<BootEnvironment> {
    const path = await this.#path(name)
    checkBeName(to)
    const next = join(await this.#realRoot(), to)
    try {
      if (await present(next)) throw exists(to, next)
      const mounted = await mountPointIn(path)
      if (mounted !== undefined) throw isMounted(mounted, `${name} cannot be renamed`)
      if (dryRun) return await inspect(name, path)
      await rename(path, next)
      try {
        await adapt?.(next)
      } catch (error) {
        await rename(next, path)
        throw error
      }
    } catch (error) {
      throw hostError(error, `cannot rename ${name}`)
    }
    return inspect(to, next)
  }

  async snapshot(name: string): Promise<string> {
    await this.#path(name)
    throw noSnapshots()
  }

  async destroySnapshot(name: string): Promise<void> {
    await this.#path(name)
    throw noSnapshots()
  }

  async snapshots(name?: string): Promise<Snapshot[]> {
    if (name !== undefined) await this.#path(name)
    throw noSnapshots()
  }

  /** A directory has nowhere to note it. */
  async noteShares(): Promise<void> {}

  async destroy(name: string, options: DestroyOptions = {}): Promise<void> {
    const { force = false, inUse = [], dryRun = false } = options
    const path = await this.#path(name)
    if (inUse.length > 0 && !force) throw isUsed(name, inUse)
    let gone: string
    try {
      const mounted = await mountPointIn(path)
      if (mounted !== undefined) throw isMounted(mounted, `destroying ${name} would reach into it`)
      if (dryRun) return
      // Hidden first: nobody ever sees, shares or boots a half of it.
      gone = await mkdtemp(join(await this.#realRoot(), `.gone-${process.pid}-`))
      await rename(path, gone)
    } catch (error) {
      throw hostError(error, `cannot destroy ${name}`)
    }
    await this.#tidy()
    await rm(gone, { recursive: true, force: true }).catch(error => {
      throw new BeError('BE_DESTROY_INCOMPLETE', `${name} is gone, but not its files: ${reason(error)}`, {
        hint: `remove them: rm -rf ${gone} (FreeBSD: chflags -R noschg ${gone} first)`,
        cause: error,
      })
    })
  }

  async mount(name: string): Promise<Mounted> {
    const path = await this.#path(name)
    return { path, mounted: true, note: `${name} is a directory, always there: ${path}` }
  }

  async umount(name: string): Promise<Mounted> {
    const path = await this.#path(name)
    return { path, mounted: true, note: `${name} is a directory and stays there: ${path}` }
  }

  /** Its directory, and what is mounted below it and holds files. */
  async fileSystems(name: string): Promise<BeFileSystem[]> {
    const path = await this.#path(name)
    return fileSystemsAt(path, await mountTable(localHost()))
  }

  async allFileSystems(): Promise<Map<string, BeFileSystem[]>> {
    const [root, names] = await Promise.all([this.#realRoot(), this.#names()])
    const table = await mountTable(localHost())
    return new Map(names.map(name => [name, fileSystemsAt(join(root, name), table)]))
  }

  /** Built beside, then renamed. rename(2) replaces no directory that holds anything. */
  async #build(path: string, name: string, fill: (draft: string) => Promise<void>): Promise<void> {
    await this.#tidy()
    const root = await this.#realRoot()
    const draft = await mkdtemp(join(root, `.new-${process.pid}-`))
    try {
      await chmod(draft, 0o755)
      await fill(draft)
      await rename(draft, path)
    } catch (error) {
      await rm(draft, { recursive: true, force: true })
      const code = errno(error)
      throw code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR' ? exists(name, path) : error
    }
  }

  /** Removes what killed ones left over; what cannot be removed hinders nobody. */
  async #tidy(): Promise<void> {
    const root = await this.#realRoot()
    for (const entry of (await readdir(root)).filter(isAbandoned)) {
      const path = join(root, entry)
      if ((await mountPointIn(path).catch(() => path)) !== undefined) continue
      await rm(path, { recursive: true, force: true }).catch(() => {})
    }
  }

  /** The directory of an existing BE. */
  async #path(name: string): Promise<string> {
    checkBeName(name)
    const root = await this.#realRoot()
    const path = join(root, name)
    const status = await lstat(path).catch(error => {
      if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return undefined
      throw hostError(error, `cannot look at ${path}`)
    })
    if (status === undefined) throw await this.#unknown(name)
    if (status.isDirectory()) return path
    const what = status.isSymbolicLink() ? 'a symbolic link' : 'not a directory'
    throw new BeError('BE_NOT_A_BE', `${path} is ${what}`, {
      expected: 'a directory: exports(5) takes no links',
      exit: 'data',
    })
  }

  async #unknown(name: string): Promise<BeError> {
    return unknown(name, this.#root, await this.#names())
  }

  async #names(): Promise<string[]> {
    const root = await this.#realRoot()
    const entries = await readdir(root, { withFileTypes: true }).catch(error => {
      if (errno(error) === 'ENOENT') return []
      throw hostError(error, `cannot list ${this.#root}`)
    })
    return entries
      .filter(entry => entry.isDirectory() && isBeName(entry.name))
      .map(({ name }) => name)
      .sort()
  }

  /** mountd refuses paths with links in them, so BEs are named by real paths. */
  #realRoot(): Promise<string> {
    return realpath(this.#root).catch(() => this.#root)
  }
}

/** Not what the kernel makes up, as the /dev of a jail: a guest has its own. */
const fileSystemsAt = (path: string, table: readonly MountedAt[]): BeFileSystem[] =>
  [path, ...pointsBelow(table, path)]
    .filter(at => at === path || !isPseudoFileSystem(mountOf(table, at).type))
    .map(at => ({ inside: at.slice(path.length + 1), path: at, mounted: true }))

/** Something that is made or removed, by its name by a process which has ended. */
function isAbandoned(entry: string): boolean {
  const pid = /^\.(?:new|gone)-(\d+)-/.exec(entry)?.[1]
  return pid !== undefined && !isAlive(Number(pid))
}

const present = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    error => {
      if (errno(error) === 'ENOENT') return false
      throw error
    },
  )
