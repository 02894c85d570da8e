import { constants } from 'node:fs'
import { close } from './system-calls.ts'

/** An open file or directory. */
export interface OpenFile {
  file: Openable
  fd: number
  /** How many use() calls are under way. */
  users: number
  /** To be closed by its last user. */
  discarded: boolean
}

/** What can be opened; `opened` is managed by Descriptors. */
export interface Openable {
  opened: Promise<OpenFile> | undefined
}

/** Opening does not wait for a FIFO's writer, and does not follow a symbolic link. */
export const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Keeps files open between uses, up to a limit; closes the least recently used ones. */
export class Descriptors<File extends Openable> {
  readonly #open: (file: File) => Promise<number>
  readonly #max: number
  /** Least recently used first. */
  readonly #all = new Set<OpenFile>()

  /** `open` returns a descriptor of this very file, or rejects. `max`: how many stay open. */
  constructor(open: (file: File) => Promise<number>, max: number) {
    this.#open = open
    this.#max = max
  }

  /** Runs `work` with the file's descriptor, which stays open meanwhile. */
  async use<T>(file: File, work: (fd: number) => Promise<T>): Promise<T> {
    const open = await this.#acquire(file)
    try {
      return await work(open.fd)
    } finally {
      open.users--
      if (open.discarded && open.users === 0) this.#close(open)
    }
  }

  /** Closes the file, at once or after its last use. */
  discard(file: File): void {
    const { opened } = file
    file.opened = undefined
    opened?.then(
      open => this.#discard(open),
      () => {},
    )
  }

  async #acquire(file: File): Promise<OpenFile> {
    for (;;) {
      file.opened ??= this.#openFile(file)
      const open = await file.opened
      // It may have been discarded since it was opened.
      if (open.discarded) continue
      open.users++
      this.#all.delete(open)
      this.#all.add(open)
      return open
    }
  }

  #openFile(file: File): Promise<OpenFile> {
    const opening = this.#open(file).then(fd => {
      const open = { file, fd, users: 0, discarded: false }
      this.#makeRoom()
      this.#all.add(open)
      return open
    })
    opening.catch(() => {
      if (file.opened === opening) file.opened = undefined
    })
    return opening
  }

  /** For one more. */
  #makeRoom(): void {
    for (const open of this.#all) {
      if (this.#all.size < this.#max) return
      if (open.users > 0) continue
      open.file.opened = undefined
      this.#discard(open)
    }
  }

  #discard(open: OpenFile): void {
    if (open.discarded) return
    open.discarded = true
    this.#all.delete(open)
    if (open.users === 0) this.#close(open)
  }

  #close({ fd }: OpenFile): void {
    close(fd).catch(() => {})
  }
}
