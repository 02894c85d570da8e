import type { Client } from '../boot/client.ts'
import { TieredMap } from '../session/tiered-map.ts'

/** Machines of the inventory, others that have an address, others. */
const MOST_CLIENTS = [10_000, 1000, 1000] as const

/** The latest request of each machine, by MAC and by address; the oldest of a tier are dropped first. */
export class ClientTable {
  readonly #isKnown: (mac: string) => boolean
  readonly #byMac = new TieredMap<string, Client>(...MOST_CLIENTS)
  readonly #macOf = new Map<string, string>()

  constructor(isKnown: (mac: string) => boolean) {
    this.#isKnown = isKnown
  }

  get(mac: string): Client | undefined {
    return this.#byMac.get(mac)
  }

  /** The machine that has this address now. */
  at(ip: string): Client | undefined {
    const client = this.#byMac.get(this.#macOf.get(ip) ?? '')
    return client?.ip === ip ? client : undefined
  }

  put(client: Client): void {
    const { mac, ip } = client
    this.#forgetAddress(this.#byMac.get(mac))
    if (ip !== undefined) this.#macOf.set(ip, mac)
    const tier = this.#isKnown(mac) ? 0 : ip === undefined ? 2 : 1
    this.#forgetAddress(this.#byMac.set(mac, client, tier))
  }

  #forgetAddress({ mac, ip }: Partial<Client> = {}): void {
    if (ip !== undefined && this.#macOf.get(ip) === mac) this.#macOf.delete(ip)
  }
}
