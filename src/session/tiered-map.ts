/**
 * A table whose keys come from the network, in tiers with a bound each: a new entry displaces the oldest of its own tier
 * and no other. So a host that makes up addresses displaces what other strangers left, and nothing of the machines that are
 * known. A read costs one look-up for each tier.
 */
export class TieredMap<K, V> {
  readonly #bounds: readonly number[]
  /** Each in the order in which its entries were set last. */
  readonly #tiers: readonly Map<K, V>[]

  /** The most entries of each tier. */
  constructor(...bounds: number[]) {
    this.#bounds = bounds
    this.#tiers = bounds.map(() => new Map())
  }

  get(key: K): V | undefined {
    return this.#tiers.find(tier => tier.has(key))?.get(key)
  }

  /** Puts an entry last in a tier, out of any other one; answers the value that it displaced. */
  set(key: K, value: V, tier: number): V | undefined {
    this.delete(key)
    const entries = this.#tiers[tier]!
    entries.set(key, value)
    if (entries.size <= this.#bounds[tier]!) return undefined
    const [oldest, displaced] = entries.entries().next().value!
    entries.delete(oldest)
    return displaced
  }

  delete(key: K): boolean {
    return this.#tiers.some(tier => tier.delete(key))
  }

  /** Deletes the oldest entries of each tier for as long as `isOld`. */
  deleteOld(isOld: (value: V) => boolean): void {
    for (const tier of this.#tiers) {
      for (const [key, value] of tier) {
        if (!isOld(value)) break
        tier.delete(key)
      }
    }
  }

  *values(): Generator<V> {
    for (const tier of this.#tiers) yield* tier.values()
  }

  get size(): number {
    return this.#tiers.reduce((sum, { size }) => sum + size, 0)
  }
}
