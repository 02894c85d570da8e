import type { Row } from './database.ts'

/** How long (ms) a change by another process may go unseen. */
const FRESH_MS = 10
const MOST = 20_000

/**
 * Rows that were read a moment ago. One DHCP exchange asks a dozen times who a machine is; a rack that is
 * switched on, ten thousand times a second. Own writes are seen at once, those of other processes after 10 ms.
 */
export class Memo {
  readonly #version: () => number
  readonly #rows = new Map<string, Row | undefined>()
  #seen = Number.NaN
  #checked = Number.NEGATIVE_INFINITY

  /** `version` changes with what other processes commit. */
  constructor(version: () => number) {
    this.#version = version
  }

  get(key: string, read: () => Row | undefined): Row | undefined {
    this.#check()
    const known = this.#rows.get(key)
    if (known !== undefined || this.#rows.has(key)) return known
    const row = read()
    this.#rows.set(key, row)
    return row
  }

  forget(): void {
    this.#rows.clear()
  }

  #check(): void {
    const now = performance.now()
    if (now - this.#checked < FRESH_MS) return
    this.#checked = now
    const version = this.#version()
    if (version !== this.#seen || this.#rows.size > MOST) this.forget()
    this.#seen = version
  }
}
