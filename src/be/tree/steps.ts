import { type BigIntStats, lstatSync, readlinkSync, renameSync, rmdirSync, symlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { BeError, errno } from '../../errors/errors.ts'
import type { Step } from '../../host/change.ts'
import { textDiff } from '../../host/diff.ts'
import { fileError, isLeftover } from '../../host/files.ts'
import { changeAt, entriesOf, isSame, treeChanged } from './changed.ts'
import { type Access, accessOf, makeDirectory, removeName, replaceFile, syncDirectory } from './entry.ts'
import { openPlace } from './open-file.ts'
import { MAX_TEXT_BYTES, TreeReader } from './read.ts'
import { atPath, type Place } from './walk.ts'

/** What is in the tree; `path` is relative to the root, without links. */
type Found = Pick<Place, 'path'> & { stat: BigIntStats }

const DIRECTORY_MODE = 0o755

/**
 * Makes steps that change the files of one tree, and can be undone. Paths are relative to its root and never lead out of
 * it. A step goes the whole way again when it is applied, and when it is undone: unless it finds there what was there
 * when it was planned, it throws BE_TREE_CHANGED and changes nothing.
 */
export class TreeFiles {
  readonly #root: string
  readonly #tree: TreeReader
  /** Directories that an earlier step makes. */
  readonly #made = new Set<string>()
  /** The root as it was looked at first: when it is unmounted, its path leads to a directory of the host. */
  #top: BigIntStats | undefined

  constructor(root: string) {
    this.#root = root
    this.#tree = new TreeReader(root)
  }

  /** The text of a regular file; undefined when there is none. Throws BE_TREE_TEXT. */
  read(path: string): Promise<string | undefined> {
    return this.#tree.text(path)
  }

  has(path: string): boolean {
    return this.#find(path) !== undefined
  }

  /** The path, without links, of what is or would be at `path`. Throws BE_TREE_PATH. */
  realPath(path: string): string {
    return this.#find(path)?.path ?? this.#newPath(path)
  }

  /**
   * Steps that give the file this text, or remove it (undefined). Mode and owner of an existing file are kept. Temporary
   * files that a killed writer left are removed too.
   */
  async write(path: string, text: string | undefined, mode = 0o644): Promise<Step[]> {
    const found = this.#find(path)
    const at = found?.path ?? this.#newPath(path)
    const steps = this.#leftovers(at)
    const before = found && (await this.read(path))
    if (before === text) return steps
    if (found !== undefined) return [...steps, this.#textStep(at, before, text, accessOf(found.stat))]
    // A link that dangles inside the tree may lead to a file of the host: replace it unread.
    const link = this.#linkAt(at)
    if (link !== undefined) steps.push(this.#unlinkStep(at, link))
    return [...steps, ...this.#parents(dirname(path)), this.#textStep(at, undefined, text, { mode })]
  }

  /** Steps that rename `path` to `to` in the same directory; none when it does not exist. */
  move(path: string, to: string): Step[] {
    const found = this.#find(path)
    if (found === undefined) return []
    const target = join(dirname(found.path), basename(to))
    const rename = (from: string, name: string) =>
      this.#change(from, place => {
        if (!isSame(place.stat, found.stat) || isThere(name)) throw treeChanged(this.#root, from)
        renameSync(place.name, name)
        syncDirectory()
      })
    return [
      {
        what: `move ${this.#full(found.path)} to ${this.#full(target)}`,
        apply: async () => rename(found.path, basename(target)),
        undo: async () => rename(target, basename(found.path)),
      },
    ]
  }

  /** A step that removes these directories (children first) up to the first that is not empty; none when `dirs[0]` does not exist. */
  removeEmpty(...dirs: string[]): Step[] {
    const paths = dirs.flatMap(dir => this.#find(dir)?.path ?? [])
    const [first] = paths
    if (first === undefined || !this.has(dirs[0]!)) return []
    const removed: string[] = []
    const restore = async () => {
      for (; removed.length > 0; removed.shift()) this.#makeDirectory(removed[0]!)
    }
    const apply = async () => {
      try {
        for (const path of paths) {
          if (!this.#change(path, removedIfEmpty)) return
          removed.unshift(path)
        }
      } catch (error) {
        await restore()
        throw error
      }
    }
    return [{ what: `remove ${this.#full(first)} if it is empty`, apply, undo: restore }]
  }

  /** Steps that make a symbolic link with this target where nothing is yet, or remove the link (undefined). */
  link(path: string, target: string | undefined): Step[] {
    const at = this.#newPath(path)
    const there = this.#linkAt(at)
    if (target === undefined) return there === undefined ? [] : [this.#unlinkStep(at, there)]
    if (there !== undefined || this.#find(path) !== undefined) return []
    const step: Step = {
      what: `link ${this.#full(at)} to ${target}`,
      apply: async () => this.#makeLink(at, target),
      undo: async () => this.#unlink(at, target),
    }
    return [...this.#parents(dirname(path)), step]
  }

  #full(path: string): string {
    return join(this.#root, path)
  }

  /** What a path leads to now; undefined: nothing. Throws BE_TREE_PATH. */
  #find(path: string): Found | undefined {
    try {
      const place = atPath(this.#root, path, place => place)
      this.#top ??= topOf(place)
      return place.stat && { path: place.path, stat: place.stat }
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined
      if (!['ELOOP', 'ENOTDIR', 'ESTALE'].includes(errno(error) ?? '')) {
        throw fileError(error, 'read', this.#full(path))
      }
      throw new BeError('BE_TREE_PATH', `${path} cannot be followed inside ${this.#root}`, {
        expected: 'no loop of links, no file in the place of a directory',
      })
    }
  }

  /** The path that something would have which does not exist yet: its directory without links. */
  #newPath(path: string): string {
    const parent = dirname(path)
    if (parent === '.') return basename(path)
    return join(this.#find(parent)?.path ?? this.#newPath(parent), basename(path))
  }

  /** Steps that make the missing directories of a path. */
  #parents(dir: string): Step[] {
    if (dir === '.' || this.#find(dir) !== undefined) return []
    const above = this.#parents(dirname(dir))
    const at = this.#newPath(dir)
    if (this.#made.has(at)) return above
    this.#made.add(at)
    const step: Step = {
      what: `make ${this.#full(at)}`,
      apply: async () => this.#makeDirectory(at),
      undo: async () => this.#change(at, ({ name }) => rmdirSync(name)),
    }
    return [...above, step]
  }

  /** Steps that remove the temporary files which killed writers of this file left beside it. */
  #leftovers(path: string): Step[] {
    const dir = dirname(path)
    return this.#entries(dir)
      .filter(entry => entry.isFile() && isLeftover(path, entry.name))
      .map(({ name }) => ({
        what: `remove ${this.#full(join(dir, name))}, half written`,
        apply: async () => this.#change(join(dir, name), place => removeName(place.name)),
      }))
  }

  #entries(dir: string) {
    try {
      return entriesOf(this.#root, dir)
    } catch {
      return []
    }
  }

  /** The target of the symbolic link at a path without links; undefined when there is none. */
  #linkAt(path: string): string | undefined {
    const read = ({ name, stat }: Place) => (stat?.isSymbolicLink() ? readlinkSync(name) : undefined)
    try {
      return atPath(this.#root, path, read, { follow: 'none' })
    } catch {
      return undefined
    }
  }

  #textStep(path: string, before: string | undefined, after: string | undefined, access: Access): Step {
    const full = this.#full(path)
    return {
      what: `${after === undefined ? 'remove' : 'write'} ${full}`,
      diff: textDiff(full, before, after),
      apply: async () => this.#setText(path, before, after, access),
      undo: async () => this.#setText(path, after, before, access),
    }
  }

  #unlinkStep(path: string, target: string): Step {
    return {
      what: `remove ${this.#full(path)}`,
      apply: async () => this.#unlink(path, target),
      undo: async () => this.#makeLink(path, target),
    }
  }

  /** Gives a file that has the text `from` the text `to`; undefined: no file. */
  #setText(path: string, from: string | undefined, to: string | undefined, access: Access): void {
    this.#change(path, place => {
      if (textAt(place) !== from) throw treeChanged(this.#root, path)
      if (to !== undefined) return replaceFile(place.name, to, access)
      removeName(place.name)
      syncDirectory()
    })
  }

  #makeDirectory(path: string): void {
    this.#change(path, ({ name }) => makeDirectory(name, DIRECTORY_MODE))
  }

  #makeLink(path: string, target: string): void {
    this.#change(path, ({ name }) => symlinkSync(target, name))
  }

  #unlink(path: string, target: string): void {
    this.#change(path, ({ name, stat }) => {
      const isIt = stat?.isSymbolicLink() && readlinkSync(name) === target
      if (!isIt) throw treeChanged(this.#root, path)
      removeName(name)
    })
  }

  /** Throws BE_TREE_CHANGED, BE_FILE_…. */
  #change<T>(path: string, work: (place: Place) => T): T {
    return changeAt(this.#root, path, place => {
      if (!isSame(topOf(place), this.#top)) throw treeChanged(this.#root, path)
      return work(place)
    })
  }
}

/** The root of the tree. */
const topOf = ({ directories, stat }: Place): BigIntStats | undefined => directories[0] ?? stat

/** Whether the working directory has this name. */
const isThere = (name: string): boolean => lstatSync(name, { throwIfNoEntry: false }) !== undefined

/** Removes the directory at a place; false when it is not empty. */
function removedIfEmpty({ name }: Place): boolean {
  try {
    rmdirSync(name)
    return true
  } catch (error) {
    if (errno(error) === 'ENOTEMPTY') return false
    throw error
  }
}

/** The text of the regular file at a place; undefined: nothing is there. For anything else a text that no file has. */
function textAt(place: Place): string | undefined | null {
  if (place.stat === undefined) return undefined
  using file = openPlace(place)
  return file === undefined ? null : file.headSync(MAX_TEXT_BYTES).toString('utf8')
}
