import type { Lease } from './lease.ts'

/** Leases by the time they end, earliest first: a binary heap, O(log n) to add and to remove. */
export class ExpiryQueue {
  #heap: Lease[] = []

  get size(): number {
    return this.#heap.length
  }

  push(lease: Lease): void {
    const heap = this.#heap
    let at = heap.length
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent]!.until <= lease.until) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = lease
  }

  /** Removes the lease that ended first; undefined when none ended by `now`. */
  popEnded(now: number): Lease | undefined {
    const first = this.#heap[0]
    if (first === undefined || first.until > now) return undefined
    const last = this.#heap.pop()!
    if (this.#heap.length > 0) this.#sink(last)
    return first
  }

  clear(): void {
    this.#heap = []
  }

  #sink(lease: Lease): void {
    const heap = this.#heap
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1]!.until < heap[child]!.until) child++
      if (heap[child]!.until >= lease.until) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = lease
  }
}
