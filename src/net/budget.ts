export interface BudgetLimits {
  /** Of all sources together. */
  total: number
  /** Of each source; default: all that is free. */
  perSource?: number
}

/**
 * A resource that clients share (bytes of memory, connections, calls), limited for each of them and in all. Whoever has
 * some may get at most as much as is left for the others: so a few clients that take all they can get, each under as
 * many connections as it likes, leave something for everyone else.
 */
export class Budget {
  readonly #total: number
  readonly #perSource: number
  /** By source; those that have something. */
  readonly #used = new Map<string, number>()
  #all = 0

  constructor({ total, perSource = total }: BudgetLimits) {
    this.#total = total
    this.#perSource = perSource
  }

  /** Takes `amount` for the source, an address; false, with nothing taken, when that is more than it may have. */
  reserve(source: string, amount: number): boolean {
    if (!this.admits(source, amount)) return false
    this.#used.set(source, this.used(source) + amount)
    this.#all += amount
    return true
  }

  /** Whether reserve() would take it. */
  admits(source: string, amount: number): boolean {
    return this.used(source) + amount <= Math.min(this.#perSource, this.#total - this.#all)
  }

  /** Gives back what reserve() took, at once or in parts. */
  release(source: string, amount: number): void {
    const left = this.used(source) - amount
    if (left > 0) this.#used.set(source, left)
    else this.#used.delete(source)
    this.#all -= amount
  }

  /** What the source has. */
  used(source: string): number {
    return this.#used.get(source) ?? 0
  }

  /** What the source has that has most. */
  get largest(): number {
    let largest = 0
    for (const amount of this.#used.values()) largest = Math.max(largest, amount)
    return largest
  }

  /** What all sources have together. */
  get all(): number {
    return this.#all
  }
}

/** What one holder has of a budget, an amount that changes. */
export class Share {
  readonly budget: Budget
  readonly #source: string
  #amount = 0

  constructor(budget: Budget, source: string) {
    this.budget = budget
    this.#source = source
  }

  /** Takes more, or gives back, until it has `amount`; false, with nothing changed, when that is more than it may have. */
  set(amount: number): boolean {
    const more = amount - this.#amount
    if (more > 0 && !this.budget.reserve(this.#source, more)) return false
    if (more < 0) this.budget.release(this.#source, -more)
    this.#amount = amount
    return true
  }
}
