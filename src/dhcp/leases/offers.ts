/** Addresses that were offered and not yet requested, one for each machine. */
export class Offers {
  /** By MAC, oldest first. */
  readonly #offers = new Map<string, { ip: string; until: number }>()
  /** MACs by address. */
  readonly #macs = new Map<string, string>()

  /** The address that this machine is offered. */
  of(mac: string): string | undefined {
    return this.#offers.get(mac)?.ip
  }

  /** The machine that this address is offered to. */
  holder(ip: string): string | undefined {
    return this.#macs.get(ip)
  }

  hold(mac: string, ip: string, until: number): void {
    // Deleted first, so that it goes to the end of the map's order.
    this.#offers.delete(mac)
    this.#offers.set(mac, { ip, until })
    this.#macs.set(ip, mac)
  }

  /** Ends the offer to this machine; answers its address. */
  end(mac: string): string | undefined {
    const ip = this.of(mac)
    this.#offers.delete(mac)
    if (ip !== undefined) this.#macs.delete(ip)
    return ip
  }

  /** Ends the offers that have lapsed; answers their addresses. */
  endLapsed(now: number): string[] {
    const addresses: string[] = []
    for (const [mac, { ip, until }] of this.#offers) {
      if (until > now) break
      this.end(mac)
      addresses.push(ip)
    }
    return addresses
  }

  /** The machines that are offered addresses, the oldest offer first. */
  machines(): string[] {
    return [...this.#offers.keys()]
  }
}
