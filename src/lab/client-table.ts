import type { Client } from '../boot/client.ts'

/** The latest request of each machine, by MAC and by address; the oldest are dropped first. */
export class ClientTable {
  readonly #most: number
  readonly #byMac = new Map<string, Client>()
  readonly #macOf = new Map<string, string>()

  constructor(most: number) {
    this.#most = most
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
    this.#drop(client.mac)
    this.#byMac.set(client.mac, client)
    if (client.ip !== undefined) this.#macOf.set(client.ip, client.mac)
    if (this.#byMac.size > this.#most) this.#drop(this.#byMac.keys().next().value!)
  }

  #drop(mac: string): void {
    const { ip } = this.#byMac.get(mac) ?? {}
    this.#byMac.delete(mac)
    if (ip !== undefined && this.#macOf.get(ip) === mac) this.#macOf.delete(ip)
  }
}
