import { constants } from 'node:fs'
import type { Node } from './node.ts'
import { close } from './system-calls.ts'

/** An open file or directory. */
export interface OpenFile {
  node: Node
  fd: number
  users: number
  /** To be closed when its last user is done. */
  discarded: boolean
}

/** Nothing that a name may turn out to be is waited for (FIFO) or followed (link). */
export const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/** Keeps what is in use open, up to so many; the least recently used are closed. */
export class Descriptors {
  readonly #open: (node: Node) => Promise<number>
  readonly #most: number
  readonly #all = new Set<OpenFile>()

  /** `open` gives a descriptor of the very file that the node stands for, or rejects. */
  constructor(open: (node: Node) => Promise<number>, most: number) {
    this.#open = open
    this.#most = most
  }

  get count(): number {
    return this.#all.size
  }

  /** Does the work with the node's file, which stays open meanwhile. */
  async use<T>(node: Node, work: (fd: number) => Promise<T>): Promise<T> {
    const open = await this.#hold(node)
    try {
      return await work(open.fd)
    } finally {
      open.users--
      if (open.discarded && open.users === 0) this.#close(open)
    }
  }

  /** Closes it, as soon as nobody uses it. */
  discard(node: Node): void {
    const { opened } = node
    node.opened = undefined
    opened?.then(
      open => this.#discard(open),
      () => {},
    )
  }

  async #hold(node: Node): Promise<OpenFile> {
    for (;;) {
      node.opened ??= this.#openNow(node)
      const open = await node.opened
      // Between its opening and now another may have discarded it.
      if (open.discarded) continue
      open.users++
      this.#all.delete(open)
      this.#all.add(open)
      return open
    }
  }

  #openNow(node: Node): Promise<OpenFile> {
    const opening = this.#open(node).then(fd => {
      const open = { node, fd, users: 0, discarded: false }
      this.#limit()
      this.#all.add(open)
      return open
    })
    opening.catch(() => {
      if (node.opened === opening) node.opened = undefined
    })
    return opening
  }

  /** Makes room for one more. */
  #limit(): void {
    for (const open of this.#all) {
      if (this.#all.size < this.#most) return
      if (open.users > 0) continue
      open.node.opened = undefined
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
