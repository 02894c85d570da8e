import { toNumber, toText } from '../../net/ipv4.ts'

export interface FreeAddressesOptions {
  /** First and last address of the pool; none when the first is above the last. */
  first: number
  last: number
  /** The number of machines of the inventory without a fixed address. */
  knownMachines(): number
  /** Whether no lease was ever written for an address, and it may be given to a machine. */
  isNew(ip: string): boolean
  /** Whether it has no lease now, and may be given to a machine. */
  isFree(ip: string): boolean
}

/**
 * The addresses of a pool that no machine has a claim to. Its beginning is kept for machines of the inventory: as many
 * addresses as there are machines without a fixed one, at most half of the pool. Hosts that make up hardware addresses can
 * lease all others, and these machines still boot.
 */
export class FreeAddresses {
  readonly #options: FreeAddressesOptions
  /** Addresses from here to the end, in the part that is kept and in the other one, were not tried since the last reset. */
  #nextKept = 0
  #next = 0
  /** Addresses before these whose offer or lease was given up. */
  #kept: string[] = []
  #free: string[] = []

  constructor(options: FreeAddressesOptions) {
    this.#options = options
    this.reset()
  }

  /** All are to be tried again, except those that `giveBack` brings. */
  reset(): void {
    this.#nextKept = this.#next = this.#options.first
    this.#kept = []
    this.#free = []
  }

  /** Takes an address for a machine; `known`: one of the inventory. */
  take(known: boolean): string | undefined {
    return (known ? this.#takeKept() : undefined) ?? this.#takeReturned() ?? this.#takeUnused()
  }

  /** An address can be taken again. */
  giveBack(ip: string): void {
    if (this.isKept(ip)) this.#kept.push(ip)
    else this.#free.push(ip)
  }

  /** Whether the address is for machines of the inventory alone. */
  isKept(ip: string): boolean {
    const address = toNumber(ip)
    return address >= this.#options.first && address < this.#end
  }

  #takeKept(): string | undefined {
    const { isNew, isFree } = this.#options
    while (this.#nextKept < this.#end) {
      const ip = toText(this.#nextKept++)
      if (isNew(ip)) return ip
    }
    for (let ip = this.#kept.pop(); ip !== undefined; ip = this.#kept.pop()) if (isFree(ip)) return ip
    return undefined
  }

  #takeReturned(): string | undefined {
    for (let ip = this.#free.pop(); ip !== undefined; ip = this.#free.pop()) {
      if (this.isKept(ip)) this.#kept.push(ip)
      else if (this.#options.isNew(ip)) return ip
    }
    return undefined
  }

  #takeUnused(): string | undefined {
    this.#next = Math.max(this.#next, this.#end)
    while (this.#next <= this.#options.last) {
      const ip = toText(this.#next++)
      if (this.#options.isNew(ip)) return ip
    }
    return undefined
  }

  /** The first address after the part that is kept. */
  get #end(): number {
    const { first, last, knownMachines } = this.#options
    return first + Math.max(0, Math.min(knownMachines(), Math.floor((last - first + 1) / 2)))
  }
}
