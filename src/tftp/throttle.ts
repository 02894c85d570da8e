const MOST_SOURCES = 4096

/** Lets one report a second through for each source, with the number of those held back since the last. */
export class Throttle {
  readonly #last = new Map<string, { at: number; held: number }>()

  /** Sources that are remembered. */
  get size(): number {
    return this.#last.size
  }

  /** `now` in ms. Undefined: say nothing this time; else how many went unsaid before. */
  pass(source: string, now: number): number | undefined {
    const last = this.#last.get(source)
    if (last !== undefined && now - last.at < 1000) {
      last.held++
      return undefined
    }
    if (last === undefined && this.#last.size >= MOST_SOURCES) this.#forget(now)
    this.#last.set(source, { at: now, held: 0 })
    return last?.held ?? 0
  }

  /** Forged sources must not fill the memory. */
  #forget(now: number): void {
    for (const [source, { at }] of this.#last) if (now - at >= 1000) this.#last.delete(source)
    if (this.#last.size >= MOST_SOURCES) this.#last.clear()
  }
}
