import { type BigIntStats, lstatSync, readlinkSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * Access to the tree of a boot environment. Whoever is root in it (a machine over NFS, a jail) may replace a directory
 * with a symbolic link at any moment, so that a path that was inside leads to a file of the host. Therefore nothing is
 * done by path: the current working directory, which is a directory held open, is moved through the tree name by name,
 * each directory is compared with the one that was looked at, and the work is done on one name in it, without following
 * it. Node has no openat(2), and FreeBSD no /proc/self/fd.
 *
 * All of that is synchronous: no other code of the process runs while the working directory is elsewhere. Two things
 * would see it: operations with relative paths that wait in the thread pool, and programs that are started in here. So
 * nothing in src/ uses a relative path asynchronously (paths of users are made absolute where they come in), and a
 * program is started in here only to work in that directory (program.ts).
 */

/** As many symbolic links as Linux follows in one look-up; FreeBSD follows 32 (MAXSYMLINKS). */
const MAX_LINKS = 40

/** Names that are looked up, and directories that are entered, for one path: links with many `..` may ask for millions. */
const MAX_STEPS = 4096

/** What a path leads to. Its directory is the current working directory. */
export interface Place {
  /** Its name in the working directory, not to be followed; `.` for the root of the tree. */
  name: string
  /** Its path relative to the root of the tree, without links; `''` for the root. */
  path: string
  /** lstat(2) of it; undefined: there is nothing of that name. */
  stat: BigIntStats | undefined
  /** stat(2) of the directories that it is in, the root of the tree first. */
  directories: readonly BigIntStats[]
}

export interface WalkOptions {
  /** Links that are followed: all, all but the last component, or none (a link on the way is an error, ELOOP). */
  follow?: 'all' | 'parents' | 'none'
}

/**
 * Runs `work`, which must be synchronous and use single names only, with the working directory at the directory that
 * holds `path` in the tree at `root`. `root` is a path of this host, and trusted. In the tree a path leads where it
 * would for a process that is chrooted there: an absolute link starts again at the root, and `..` stops there.
 *
 * Throws system errors: ENOENT where a directory is missing, ENOTDIR, ELOOP for a loop of links, ESTALE when the
 * tree was changed meanwhile; and what `work` throws.
 */
export const atPath = <T>(
  root: string,
  path: string,
  work: (place: Place) => T,
  options: WalkOptions = {},
): T => withWorkingDirectory(() => work(new Walk(root).to(path, options.follow ?? 'all')))

/** The same, with the working directory at the directory `path` itself. Throws ENOENT, ENOTDIR. */
export const inDirectory = <T>(
  root: string,
  path: string,
  work: (place: Place) => T,
  options: WalkOptions = {},
): T =>
  withWorkingDirectory(() => {
    const walk = new Walk(root)
    const place = walk.to(path, options.follow ?? 'all')
    walk.enter(place)
    return work(place)
  })

/** The place alone; undefined where the path cannot be followed, and for what may not be looked at. */
export function findPlace(root: string, path: string, options?: WalkOptions): Place | undefined {
  try {
    return atPath(root, path, place => place, options)
  } catch {
    return undefined
  }
}

/** An error like those of node:fs. */
export const systemError = (code: string, path: string): Error =>
  Object.assign(new Error(`${code}: ${path}`), { code })

let isAway = false

function withWorkingDirectory<T>(work: () => T): T {
  // The inner one would return by path, and so outside of its tree, into that of the outer one.
  if (isAway) throw new Error('a walk in a tree within another')
  const home = workingDirectory()
  isAway = true
  try {
    return work()
  } finally {
    isAway = false
    goTo(home)
  }
}

/** It may have been removed. */
function workingDirectory(): string {
  try {
    return process.cwd()
  } catch {
    return '/'
  }
}

function goTo(directory: string): void {
  try {
    process.chdir(directory)
  } catch {
    process.chdir('/')
  }
}

/** A directory or file on the way, and its lstat(2). */
interface Part {
  name: string
  stat: BigIntStats
}

class Walk {
  readonly #root: string
  readonly #top: BigIntStats
  /** From the root to the present point; only the last one may be no directory. */
  #parts: Part[] = []
  /** The directories, from the root, that the working directory is in. */
  #entered: Part[] = []
  #steps = 0

  constructor(root: string) {
    this.#root = resolve(root)
    process.chdir(this.#root)
    this.#top = lstatSync('.', { bigint: true })
  }

  to(path: string, follow: NonNullable<WalkOptions['follow']>): Place {
    if (path.includes('\0')) throw systemError('ENOENT', path)
    const todo = components(path)
    for (let links = 0; todo.length > 0; ) {
      const name = todo.pop()!
      if (name === '.') continue
      if (name === '..') {
        this.#parts.pop()
        continue
      }
      const stat = this.#lookUp(name)
      if (stat === undefined) {
        if (todo.length > 0) throw systemError('ENOENT', path)
        return this.#place(name, undefined)
      }
      if (stat.isSymbolicLink() && (follow === 'all' || todo.length > 0)) {
        if (follow === 'none' || ++links > MAX_LINKS) throw systemError('ELOOP', path)
        const target = readlinkSync(name)
        if (target.startsWith('/')) this.#parts.length = 0
        todo.push(...components(target))
        continue
      }
      if (!stat.isDirectory() && todo.length > 0) throw systemError('ENOTDIR', path)
      this.#parts.push({ name, stat })
    }
    const last = this.#parts.pop()
    this.#enterAll()
    return last === undefined ? this.#place('.', this.#top) : this.#place(last.name, last.stat)
  }

  /** Makes the directory at a place the working directory. */
  enter({ name, path, stat }: Place): void {
    if (stat === undefined) throw systemError('ENOENT', path)
    if (!stat.isDirectory()) throw systemError('ENOTDIR', path)
    if (name !== '.') this.#enter({ name, stat })
  }

  #place(name: string, stat: BigIntStats | undefined): Place {
    const names = this.#parts.map(part => part.name)
    return {
      name,
      path: [...names, ...(name === '.' ? [] : [name])].join('/'),
      stat,
      directories: name === '.' ? [] : [this.#top, ...this.#parts.map(part => part.stat)],
    }
  }

  #lookUp(name: string): BigIntStats | undefined {
    this.#enterAll()
    this.#count(name)
    return lstatSync(name, { bigint: true, throwIfNoEntry: false })
  }

  /**
   * Makes the last of the parts the working directory. Upwards always from the root: `..` would lead to wherever the
   * directory has been moved.
   */
  #enterAll(): void {
    if (!this.#entered.every((part, at) => part === this.#parts[at])) {
      process.chdir(this.#root)
      this.#check(this.#top, this.#root)
      this.#entered = []
    }
    for (const part of this.#parts.slice(this.#entered.length)) this.#enter(part)
  }

  #enter(part: Part): void {
    this.#count(part.name)
    process.chdir(part.name)
    this.#check(part.stat, part.name)
    this.#entered.push(part)
  }

  /** Throws unless the working directory is the one that was looked at: it may have been replaced with a link since. */
  #check({ dev, ino }: BigIntStats, name: string): void {
    const here = lstatSync('.', { bigint: true })
    if (here.dev !== dev || here.ino !== ino) throw systemError('ESTALE', name)
  }

  #count(name: string): void {
    if (++this.#steps > MAX_STEPS) throw systemError('ELOOP', name)
  }
}

/** The components of a path, last one first. A trailing slash demands a directory, as `/.` does. */
const components = (path: string): string[] =>
  path
    .replace(/\/$/, '/.')
    .split('/')
    .filter(part => part !== '')
    .reverse()
