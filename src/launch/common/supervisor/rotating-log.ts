import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'

/** A log that keeps its last bytes, in two files: past `most` bytes the file becomes FILE.1. */
export class RotatingLog {
  readonly #path: string
  readonly #most: number
  #fd: number
  #size: number

  /** Appends to what is there. Throws system errors. */
  constructor(path: string, most: number) {
    this.#path = path
    this.#most = most
    this.#fd = openSync(path, 'a', 0o640)
    this.#size = fstatSync(this.#fd).size
  }

  /** Never throws: a full disk shall not take a running system down. */
  write(data: Uint8Array): void {
    try {
      if (this.#size + data.length > this.#most && this.#size > 0) this.#rotate()
      this.#size += writeSync(this.#fd, data)
    } catch {
      // what cannot be kept is lost
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
