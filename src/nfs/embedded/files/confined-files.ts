import { type BigIntStats, existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { STATUS, StatusError } from '../status.ts'
import { attributesOf } from './attributes.ts'
import { Descriptors, OPEN_FLAGS } from './descriptors.ts'
import type { Node } from './node.ts'
import { close, fstat, lstat, open, readlink, realpath } from './system-calls.ts'
import type { Volume } from './volume.ts'

/** Paths below an open directory, in place of openat(2): Linux, with /proc mounted. */
const BY_DESCRIPTOR = '/proc/self/fd'

/**
 * Opens and examines files of a volume, and none outside of it, although whoever writes to the tree (root of a
 * jail, say) may replace a directory with a symbolic link at any moment.
 *
 * By descriptor, where the system can: each path starts at an open directory whose inode was compared with the
 * node's. Elsewhere by path: a result counts only if, afterwards, the path has no symbolic links in it and leads to
 * the same directory. Then someone who swaps a directory for a link and back in between may see the attributes or
 * the link text of a file outside; and its contents by winning this race twice, if the tree is no file system of
 * its own.
 */
export class ConfinedFiles {
  readonly descriptors: Descriptors<Node>
  readonly #byDescriptor: boolean

  constructor(maxOpen: number, byDescriptor = existsSync(BY_DESCRIPTOR)) {
    this.descriptors = new Descriptors(node => this.#open(node), maxOpen)
    this.#byDescriptor = byDescriptor
  }

  /** lstat(2) of the node itself. */
  stat({ parent, name, volume }: Node): Promise<BigIntStats> {
    return parent === undefined ? this.statRoot(volume) : this.statEntry(parent, name)
  }

  /** lstat(2) of a volume's root; its path too must be free of links, as it may lead through another volume. */
  async statRoot({ path }: Volume): Promise<BigIntStats> {
    const stat = await lstat(path)
    if ((await realpath(path)) !== path) throw new StatusError(STATUS.stale)
    if (!stat.isDirectory()) throw new StatusError(STATUS.notdir)
    return stat
  }

  /** lstat(2) of a name in a directory. */
  statEntry(dir: Node, name: string): Promise<BigIntStats> {
    return this.withDirectory(dir, path => lstat(`${path}/${name}`))
  }

  /** Runs `work` with a path that leads to the directory. */
  withDirectory<T>(dir: Node, work: (path: string) => Promise<T>): Promise<T> {
    if (this.#byDescriptor) return this.descriptors.use(dir, fd => work(`${BY_DESCRIPTOR}/${fd}`))
    return this.#withPath(dir, work)
  }

  async #withPath<T>(dir: Node, work: (path: string) => Promise<T>): Promise<T> {
    const path = pathOf(dir)
    const result = await work(path)
    if ((await realpath(path)) !== path || !isSame(dir, await lstat(path))) {
      throw new StatusError(STATUS.stale)
    }
    return result
  }

  /** Whether an open directory has this very path. */
  async #hasPath(fd: number, path: string): Promise<boolean> {
    if (!this.#byDescriptor) return (await realpath(path)) === path
    return (await readlink(`${BY_DESCRIPTOR}/${fd}`)).toString('latin1') === path
  }

  async #open(node: Node): Promise<number> {
    const { parent, name, volume } = node
    // Of a file that is mounted on one of the volume.
    if (node.isCovered) throw new StatusError(STATUS.acces)
    let fd: number | undefined
    const openAt = async (path: string) => {
      fd = await open(path, OPEN_FLAGS)
    }
    try {
      if (parent === undefined) await openAt(volume.path)
      else await this.withDirectory(parent, path => openAt(`${path}/${name}`))
      if (!isSame(node, await fstat(fd!))) throw new StatusError(STATUS.stale)
      if (node.isRoot && !(await this.#hasPath(fd!, volume.path))) throw new StatusError(STATUS.stale)
      if (this.#byDescriptor) await checkMount(node, fd!)
      return fd!
    } catch (error) {
      if (fd !== undefined) await close(fd)
      throw error
    }
  }
}

/**
 * Finds a directory of the same device that is mounted in the tree (a bind mount): only its mount id differs
 * (proc_pid_fdinfo(5)).
 */
async function checkMount(node: Node, fd: number): Promise<void> {
  const id = /^mnt_id:\s*(\d+)/m.exec(await readFile(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1]
  if (node.isRoot) node.mountId = id
  if (id === node.root.mountId) return
  node.isMountedOver = true
  throw new StatusError(STATUS.acces)
}

const isSame = (node: Node, stat: BigIntStats): boolean => node.isSameFile(attributesOf(stat, 0))

/** Absolute, on the host. */
function pathOf(node: Node): string {
  return node.parent === undefined ? node.volume.path : `${pathOf(node.parent)}/${node.name}`
}
