import { type BigIntStats, existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { STATUS, StatusError } from '../status.ts'
import { attributesOf } from './attributes.ts'
import { Descriptors, OPEN_FLAGS } from './descriptors.ts'
import type { Node } from './node.ts'
import { close, fstat, lstat, open, readlink, realpath } from './system-calls.ts'
import type { Volume } from './volume.ts'

/** Where the kernel lets a path go on from an open directory, as openat(2) does: Linux, with /proc mounted. */
const BY_DESCRIPTOR = '/proc/self/fd'

/**
 * Looks at what lies below nodes, never outside of the tree: whoever writes in a tree (a jail's root, say) may
 * put links in the place of directories at any moment. Where it can, a look goes from a directory that is
 * held open and was compared with its inode. Elsewhere it goes by path, and counts only if that path is still
 * without links, and the directory the same, afterwards: who swaps it there and back in between may see the
 * attributes of something outside, or a link's text; and what is in it by winning that race twice, if the tree is no
 * file system of its own.
 */
export class ConfinedFiles {
  readonly descriptors: Descriptors
  readonly #byDescriptor: boolean

  constructor(mostOpen: number, byDescriptor = existsSync(BY_DESCRIPTOR)) {
    this.descriptors = new Descriptors(node => this.#open(node), mostOpen)
    this.#byDescriptor = byDescriptor
  }

  /** lstat(2) of the node itself. */
  stat({ parent, name, volume }: Node): Promise<BigIntStats> {
    return parent === undefined ? this.statRoot(volume) : this.statEntry(parent, name)
  }

  /** lstat(2) of a volume's root. One below another's goes through what may be written: no links there either. */
  async statRoot({ path }: Volume): Promise<BigIntStats> {
    const stat = await lstat(path)
    if ((await realpath(path)) !== path) throw new StatusError(STATUS.stale)
    if (!stat.isDirectory()) throw new StatusError(STATUS.notdir)
    return stat
  }

  /** lstat(2) of a name in a directory. */
  statEntry(dir: Node, name: string): Promise<BigIntStats> {
    return this.withDirectory(dir, at => lstat(`${at}/${name}`))
  }

  /** Does the work with a path at which the directory is. */
  withDirectory<T>(dir: Node, work: (path: string) => Promise<T>): Promise<T> {
    if (this.#byDescriptor) return this.descriptors.use(dir, fd => work(`${BY_DESCRIPTOR}/${fd}`))
    return this.#withinPath(dir, work)
  }

  async #withinPath<T>(dir: Node, work: (path: string) => Promise<T>): Promise<T> {
    const path = pathOf(dir)
    const result = await work(path)
    if ((await realpath(path)) !== path || !same(dir, await lstat(path))) throw new StatusError(STATUS.stale)
    return result
  }

  /** Whether an open directory is the one of this very path: asked of the descriptor where that can be. */
  async #isAt(path: string, fd: number): Promise<boolean> {
    if (!this.#byDescriptor) return (await realpath(path)) === path
    return (await readlink(`${BY_DESCRIPTOR}/${fd}`)).toString('latin1') === path
  }

  async #open(node: Node): Promise<number> {
    const { parent, name, volume } = node
    // A file of elsewhere that is mounted on one of ours.
    if (node.isCovered) throw new StatusError(STATUS.acces)
    let fd: number | undefined
    const opened = async (path: string) => {
      fd = await open(path, OPEN_FLAGS)
    }
    try {
      if (parent === undefined) await opened(volume.path)
      else await this.withDirectory(parent, at => opened(`${at}/${name}`))
      if (!same(node, await fstat(fd!))) throw new StatusError(STATUS.stale)
      if (parent === undefined && !(await this.#isAt(volume.path, fd!))) throw new StatusError(STATUS.stale)
      if (this.#byDescriptor) await checkMount(node, fd!)
      return fd!
    } catch (error) {
      if (fd !== undefined) await close(fd)
      throw error
    }
  }
}

/**
 * A directory of the same device that is mounted in the tree (a bind mount) shows in its mount alone
 * (proc_pid_fdinfo(5)).
 */
async function checkMount(node: Node, fd: number): Promise<void> {
  const { volume } = node
  const id = /^mnt_id:\s*(\d+)/m.exec(await readFile(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1]
  if (node.parent === undefined) volume.mountId = id
  if (id === volume.mountId) return
  node.isMountedOver = true
  throw new StatusError(STATUS.acces)
}

const same = (node: Node, stat: BigIntStats): boolean => node.isSameFile(attributesOf(stat, 0))

/** Absolute, on the host. */
function pathOf(node: Node): string {
  return node.parent === undefined ? node.volume.path : `${pathOf(node.parent)}/${node.name}`
}
