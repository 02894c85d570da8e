import { chmodSync, mkdirSync, rmdirSync } from 'node:fs'
import { lstat, readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { BeError, errno } from '../../errors/errors.ts'
import { removeStep, type Step, writeStep } from '../../host/change.ts'
import { textDiff } from '../../host/diff.ts'
import { isLeftover, removeFile, writeAtomic } from '../../host/files.ts'
import { TreeReader } from './read.ts'
import { findInside } from './resolve.ts'

/** Makes steps that change the files of one tree, and can be undone. Paths are relative to its root and never lead out of it. */
export class TreeFiles {
  readonly #tree: TreeReader
  /** Directories that an earlier step makes. */
  readonly #made = new Set<string>()

  constructor(root: string) {
    this.#tree = new TreeReader(root)
  }

  /** The text of a regular file; undefined when there is none. Throws BE_TREE_TEXT. */
  read(path: string): Promise<string | undefined> {
    return this.#tree.text(path)
  }

  async has(path: string): Promise<boolean> {
    return (await this.#find(path)) !== undefined
  }

  /**
   * Steps that give the file this text, or remove it (undefined). The mode of an existing file is kept. Temporary files
   * that a killed writer left are removed too.
   */
  async write(path: string, text: string | undefined, mode = 0o644): Promise<Step[]> {
    const found = await this.#find(path)
    const at = found?.path ?? (await this.#place(path))
    const steps = await leftovers(at)
    if (found !== undefined) {
      const old = found.stat.mode & 0o7777
      const step = await (text === undefined ? removeStep(at, old) : writeStep(at, text, old))
      return step === undefined ? steps : [...steps, step]
    }
    if (text === undefined) return steps
    // A link that dangles inside the tree may lead to a file of the host: replace it unread.
    const link = await readlink(at).catch(() => undefined)
    if (link !== undefined) steps.push(unlinkStep(at, link))
    return [...steps, ...(await this.#parents(dirname(path))), newFileStep(at, text, mode)]
  }

  /** Steps that rename `path` to `to` in the same directory; none when it does not exist. */
  async move(path: string, to: string): Promise<Step[]> {
    const found = await this.#find(path)
    if (found === undefined) return []
    const target = join(dirname(found.path), basename(to))
    return [
      {
        what: `move ${found.path} to ${target}`,
        apply: () => rename(found.path, target),
        undo: () => rename(target, found.path),
      },
    ]
  }

  /** A step that removes these directories (children first) up to the first that is not empty; none when `dirs[0]` does not exist. */
  async removeEmpty(...dirs: string[]): Promise<Step[]> {
    const found = await Promise.all(dirs.map(dir => this.#find(dir)))
    const paths = found.flatMap(dir => dir?.path ?? [])
    if (found[0] === undefined) return []
    const removed: string[] = []
    return [
      {
        what: `remove ${paths[0]} if it is empty`,
        apply: async () => {
          try {
            for (const path of paths) {
              rmdirSync(path)
              removed.unshift(path)
            }
          } catch (error) {
            if (errno(error) !== 'ENOTEMPTY') throw error
          }
        },
        undo: async () => {
          for (const path of removed) {
            mkdirSync(path)
            chmodSync(path, 0o755)
          }
        },
      },
    ]
  }

  /** Steps that make a symbolic link with this target where nothing is yet, or remove the link (undefined). */
  async link(path: string, target: string | undefined): Promise<Step[]> {
    const at = await this.#place(path)
    const there = await lstat(at).catch(() => undefined)
    const make = () => symlink(target ?? '', at)
    if (target !== undefined && there === undefined) {
      const parents = await this.#parents(dirname(path))
      return [
        ...parents,
        { what: `link ${at} to ${target}`, apply: make, undo: () => rm(at, { force: true }) },
      ]
    }
    if (target !== undefined || !there?.isSymbolicLink()) return []
    return [unlinkStep(at, await readlink(at))]
  }

  async #find(path: string) {
    try {
      const found = await findInside(this.#tree.root, path)
      if (found !== undefined) return found
    } catch (error) {
      if (errno(error) === 'ENOENT') return undefined
      throw error
    }
    throw new BeError('BE_TREE_PATH', `${path} cannot be followed inside ${this.#tree.root}`, {
      expected: 'no loop of links, no file in the place of a directory',
    })
  }

  /** The path on the host that something would have which does not exist yet: its directory resolved inside the tree. */
  async #place(path: string): Promise<string> {
    const parent = dirname(path)
    if (parent === '.') return join((await this.#find('.'))!.path, basename(path))
    const found = await this.#find(parent)
    return join(found?.path ?? (await this.#place(parent)), basename(path))
  }

  /** Steps that make the missing directories of a path. */
  async #parents(dir: string): Promise<Step[]> {
    if (dir === '.' || (await this.#find(dir)) !== undefined) return []
    const above = await this.#parents(dirname(dir))
    const at = await this.#place(dir)
    if (this.#made.has(at)) return above
    this.#made.add(at)
    const step: Step = {
      what: `make ${at}`,
      apply: async () => {
        mkdirSync(at)
        chmodSync(at, 0o755) // mkdir applies the umask
      },
      undo: async () => rmdirSync(at),
    }
    return [...above, step]
  }
}

/** Steps that remove the temporary files which killed writers of this file left beside it. */
async function leftovers(path: string): Promise<Step[]> {
  const entries = await readdir(dirname(path), { withFileTypes: true }).catch(() => [])
  return entries
    .filter(entry => entry.isFile() && isLeftover(path, entry.name))
    .map(({ name }) => join(dirname(path), name))
    .map(left => ({ what: `remove ${left}, half written`, apply: () => removeFile(left) }))
}

const newFileStep = (path: string, text: string, mode: number): Step => ({
  what: `write ${path}`,
  diff: textDiff(path, undefined, text),
  apply: () => writeAtomic(path, text, mode),
  undo: () => removeFile(path),
})

const unlinkStep = (path: string, target: string): Step => ({
  what: `remove ${path}`,
  apply: () => rm(path, { force: true }),
  undo: () => symlink(target, path),
})
