import { lstat, readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError, errno } from '../../errors/errors.ts'
import { checkBeName, isBeName } from '../name.ts'
import { existsError, hostError, unknownError } from '../store-errors.ts'

const MAY_READ = 'run as root, or give be.root to the group of state.group, with mode 0750'

/** Finds the directories of boot environments, which are the children of one root. Changes nothing. */
export class Directories {
  /** As configured: `/ROOT`. */
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** The path of a boot environment, hidden or not; `''` is the root. Links are resolved: mountd(8) refuses them. */
  async path(name: string): Promise<string> {
    return join(await realpath(this.root).catch(() => this.root), name)
  }

  /** The names of all, sorted; none when the root does not exist. */
  async names(): Promise<string[]> {
    const entries = await readdir(await this.path(''), { withFileTypes: true }).catch(error => {
      if (errno(error) === 'ENOENT') return []
      throw hostError(error, `cannot list ${this.root}`, MAY_READ)
    })
    return entries
      .filter(entry => entry.isDirectory() && isBeName(entry.name))
      .map(({ name }) => name)
      .sort()
  }

  /** The path of an existing one. Throws BE_NAME_INVALID, BE_UNKNOWN, BE_NOT_A_BE. */
  async get(name: string): Promise<string> {
    checkBeName(name)
    const path = await this.path(name)
    const status = await lstat(path).catch(error => {
      if (errno(error) === 'ENOENT' || errno(error) === 'ENOTDIR') return undefined
      throw hostError(error, `cannot look at ${path}`, MAY_READ)
    })
    if (status === undefined) throw unknownError(name, this.root, await this.names())
    if (status.isDirectory()) return path
    const what = status.isSymbolicLink() ? 'a symbolic link' : 'not a directory'
    throw new BeError('BE_NOT_A_BE', `${path} is ${what}`, {
      expected: 'a directory: exports(5) takes no links',
    })
  }

  /** The path of one that does not exist yet. Throws BE_NAME_INVALID, BE_EXISTS, and system errors. */
  async checkFree(name: string): Promise<string> {
    checkBeName(name)
    const path = await this.path(name)
    const exists = await lstat(path).then(
      () => true,
      error => {
        if (errno(error) === 'ENOENT') return false
        throw error
      },
    )
    if (exists) throw existsError(name, path)
    return path
  }
}
