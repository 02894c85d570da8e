/** How long (ms) a change by another process may go unseen. */
const FRESH_MS = 50

/**
 * What was made of rows that were read a moment ago. One DHCP exchange asks a dozen times who a machine is; a
 * rack that is switched on, ten thousand times a second. Own writes are seen at once, those of other processes
 * after 50 ms.
 */
export class Memo {
  readonly #version: () => number
  readonly #values = new Map<string, unknown>()
  #seen = Number.NaN
  #checked = Number.NEGATIVE_INFINITY

  /** `version` changes with what other processes commit. */
  constructor(version: () => number) {
    this.#version = version
  }

  get<T>(key: string, make: () => T): T {
    this.#check()
    if (!this.#values.has(key)) this.#values.set(key, make())
    return this.#values.get(key) as T
  }

  forget(): void {
    this.#values.clear()
  }

  #check(): void {
    const now = performance.now()
    if (now - this.#checked < FRESH_MS) return
    this.#checked = now
    const version = this.#version()
    if (version !== this.#seen) this.forget()
    this.#seen = version
  }
}
