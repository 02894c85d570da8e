/** How often other processes' changes are checked for (ms). */
const CHECK_MS = 50

/**
 * A cache of values derived from database rows. One DHCP exchange looks a machine up a dozen times; a rack that is
 * switched on makes ten thousand look-ups a second. Changes by this process are seen at once, those of other processes
 * after 50 ms at most.
 */
export class Memo {
  readonly #version: () => number
  readonly #values = new Map<string, unknown>()
  #seen = Number.NaN
  #checked = Number.NEGATIVE_INFINITY

  /** `version` changes when another process commits. */
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
    if (now - this.#checked < CHECK_MS) return
    this.#checked = now
    const version = this.#version()
    if (version !== this.#seen) this.forget()
    this.#seen = version
  }
}
