import { chmod, lstat, mkdtemp, readdir, realpath, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError, errno, reason } from '../errors.ts'
import { makeDirectory } from '../host/directory.ts'
import { didYouMean } from '../near.ts'
import type { BootEnvironment } from './be.ts'
import { inspect } from './inspect.ts'
import { type Layout, makeLayout } from './layout.ts'
import { mountPointIn, mountPointsBelow } from './mounts.ts'
import { checkBeName, isBeName } from './name.ts'
import type { BeFileSystem, BeStore, DestroyOptions, Mounted } from './store.ts'

/**
 * Each boot environment a directory below one root (`/ROOT`). Names that begin with a dot are ours:
 * `.new-…` is being made, `.gone-…` is being removed, and neither is ever listed.
 */
export class DirectoryStore implements BeStore {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  /** All, by name; none when the root does not exist. */
  async list(): Promise<BootEnvironment[]> {
    const root = await this.#realRoot()
    const names = await this.#names()
    return Promise.all(names.map(name => inspect(name, join(root, name))))
  }

  async get(name: string): Promise<BootEnvironment> {
    return inspect(name, await this.#path(name))
  }

  async create(name: string, layout: Layout, dryRun = false): Promise<BootEnvironment> {
    checkBeName(name)
    try {
      if (!dryRun) makeDirectory(this.#root, 0o755)
      const path = join(await this.#realRoot(), name)
      if (await present(path)) throw exists(name, path)
      if (!dryRun) await this.#build(path, name, layout)
      return await inspect(name, path)
    } catch (error) {
      throw hostError(error, `cannot create ${name} in ${this.#root}`)
    }
  }

  async destroy(name: string, options: DestroyOptions = {}): Promise<void> {
    const { force = false, inUse = [], dryRun = false } = options
    const path = await this.#path(name)
    if (inUse.length > 0 && !force) throw isUsed(name, inUse)
    try {
      const mounted = await mountPointIn(path)
      if (mounted !== undefined) throw isMounted(name, mounted)
      if (dryRun) return
      // Hidden first: nobody ever sees, shares or boots a half of it.
      const gone = await mkdtemp(join(await this.#realRoot(), '.gone-'))
      await rename(path, gone)
    } catch (error) {
      throw hostError(error, `cannot destroy ${name}`)
    }
    await this.#sweep(name)
  }

  async mount(name: string): Promise<Mounted> {
    const path = await this.#path(name)
    return { path, mounted: true, note: `${name} is a directory, always there: ${path}` }
  }

  async umount(name: string): Promise<Mounted> {
    const path = await this.#path(name)
    return { path, mounted: true, note: `${name} is a directory and stays there: ${path}` }
  }

  /** Its directory, and whatever is mounted below it. */
  async fileSystems(name: string): Promise<BeFileSystem[]> {
    const path = await this.#path(name)
    const below = await mountPointsBelow(path)
    return [path, ...below].map(at => ({ inside: at.slice(path.length + 1), path: at, mounted: true }))
  }

  /** Built beside, then renamed. rename(2) replaces no directory that holds anything. */
  async #build(path: string, name: string, layout: Layout): Promise<void> {
    const draft = await mkdtemp(join(await this.#realRoot(), '.new-'))
    try {
      await chmod(draft, 0o755)
      await makeLayout(draft, layout)
      await rename(draft, path)
    } catch (error) {
      await rm(draft, { recursive: true, force: true })
      const code = errno(error)
      throw code === 'ENOTEMPTY' || code === 'EEXIST' || code === 'ENOTDIR' ? exists(name, path) : error
    }
  }

  /** Removes what was renamed away, that of a destroy which was killed included. */
  async #sweep(name: string): Promise<void> {
    const root = await this.#realRoot()
    for (const entry of await readdir(root)) {
      if (!entry.startsWith('.gone-')) continue
      const path = join(root, entry)
      try {
        await rm(path, { recursive: true, force: true })
      } catch (error) {
        throw new BeError('BE_DESTROY_INCOMPLETE', `${name} is gone, but not its files: ${reason(error)}`, {
          hint: `remove them: rm -rf ${path} (FreeBSD: chflags -R noschg ${path} first)`,
          cause: error,
        })
      }
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
    const names = await this.#names()
    return new BeError('BE_UNKNOWN', `no boot environment ${name} in ${this.#root}`, {
      hint: `${didYouMean(name, names, 'be list')}; make it with be create ${name}`,
      exit: 'data',
    })
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

const present = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    error => {
      if (errno(error) === 'ENOENT') return false
      throw error
    },
  )

const exists = (name: string, path: string) =>
  new BeError('BE_EXISTS', `${name} exists: ${path}`, { hint: 'choose another name, or destroy it first' })

const isUsed = (name: string, uses: readonly string[]) =>
  new BeError('BE_IN_USE', `${name} is in use: ${uses.join(', ')}`, {
    hint: `be unshare ${name} and assign another first, or use -F`,
  })

const isMounted = (name: string, path: string) =>
  new BeError('BE_MOUNTED_BELOW', `${path} is a mount point: destroying ${name} would reach into it`, {
    hint: `umount ${path} first`,
  })

function hostError(error: unknown, what: string): BeError {
  if (error instanceof BeError) return error
  const code = errno(error)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new BeError('BE_STORE_PERMISSION', `${what}: ${reason(error)}`, {
      hint: 'run as root, on a file system that can be written',
      exit: 'permission',
      cause: error,
    })
  }
  return new BeError('BE_STORE_FAILED', `${what}: ${reason(error)}`, { exit: 'unavailable', cause: error })
}
