import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'

/** A log of bounded size, in two files: a file that would grow past `most` bytes is renamed to FILE.1. */
export class RotatingLog {
  readonly #path: string
  readonly #most: number
  #fd: number
  #size: number

  /** Appends to an existing file. Throws system errors. */
  constructor(path: string, most: number) {
    this.#path = path
    this.#most = most
    this.#fd = openSync(path, 'a', 0o640)
    this.#size = fstatSync(this.#fd).size
  }

  /** Never throws: a full disk must not end a running machine. */
  write(data: Uint8Array): void {
    try {
      if (this.#size + data.length > this.#most && this.#size > 0) this.#rotate()
      this.#size += writeSync(this.#fd, data)
    } catch {
      // output that cannot be written is dropped
    }
  }

  close(): void {
    closeSync(this.#fd)
  }

  #rotate(): void {
    renameSync(this.#path, `${this.#path}.1`)
    const fd = openSync(this.#path, 'a', 0o640)
    closeSync(this.#fd)
    this.#fd = fd
    this.#size = 0
  }
}
