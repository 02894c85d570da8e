import { toText } from '../../net/ipv4.ts'

export interface KnownPartOptions {
  /** First and last address of the pool. */
  first: number
  last: number
  /** The number of machines of the inventory without a fixed address. */
  machines(): number
}

/**
 * The beginning of a pool, for machines of the inventory alone: as many addresses as there are machines without a fixed one,
 * at most half of the pool. Hosts that make up hardware addresses can lease all others, and these machines still boot.
 */
export class KnownPart {
  readonly #options: KnownPartOptions
  /** Addresses from here to the end of this part were not tried since the last reset. */
  #next: number
  /** Addresses before that whose offer or lease was given up. */
  #free: string[] = []

  constructor(options: KnownPartOptions) {
    this.#options = options
    this.#next = options.first
  }

  has(address: number): boolean {
    return address < this.#end
  }

  /** An address of this part: one that was not tried for which `isNew`, else one that was given back for which `isFree`. */
  take(isNew: (ip: string) => boolean, isFree: (ip: string) => boolean): string | undefined {
    while (this.#next < this.#end) {
      const ip = toText(this.#next++)
      if (isNew(ip)) return ip
    }
    for (let ip = this.#free.pop(); ip !== undefined; ip = this.#free.pop()) if (isFree(ip)) return ip
    return undefined
  }

  /** An address can be taken again. */
  giveBack(ip: string): void {
    this.#free.push(ip)
  }

  reset(): void {
    this.#free = []
    this.#next = this.#options.first
  }

  /** The first address that is not in it. */
  get #end(): number {
    const { first, last, machines } = this.#options
    return first + Math.min(machines(), Math.floor((last - first + 1) / 2))
  }
}
