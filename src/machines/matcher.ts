import type { Inventory } from './inventory.ts'
import type { Machine } from './machine.ts'

/** What a client shows of the machine that it is. */
export interface ClientIdentity {
  /** Of the interface that it uses now: lower-case, colons. */
  mac: string
  /** Of its board; lower-case. */
  uuid?: string
  /** Of another interface, which its client identifier is made of. */
  clientMac?: string
  /** Its client identifier, in hex, where that is a name of its own making. */
  clientId?: string
}

/** Interfaces that are remembered; the oldest are forgotten first. */
const MOST = 10_000

/**
 * Which machine a client is: the inventory's of that MAC, else the one of that client identifier,
 * else the only one of that UUID, booting from another interface. Loaders show neither, so what firmware showed is kept for
 * the interface.
 */
export class MachineMatcher {
  readonly #inventory: Inventory
  /** MAC in use → MAC in the inventory. */
  readonly #aliases = new Map<string, string>()

  constructor(inventory: Inventory) {
    this.#inventory = inventory
  }

  machineOf(signs: ClientIdentity): Machine | undefined {
    const own = this.#inventory.get(signs.mac)
    if (own !== undefined) return own
    const shown = this.#bySigns(signs)
    if (shown !== undefined) {
      this.addAlias(signs.mac, shown.mac)
      return shown
    }
    const alias = this.#aliases.get(signs.mac)
    return alias === undefined ? undefined : this.#inventory.get(alias)
  }

  /** Remembers whose interface this is. State that cannot be read makes no packet a malformed one: never throws. */
  learn(signs: ClientIdentity): void {
    try {
      this.machineOf(signs)
    } catch {}
  }

  #bySigns({ uuid, clientMac, clientId }: ClientIdentity): Machine | undefined {
    const byId = clientId === undefined ? undefined : this.#inventory.byClientId(clientId)
    if (byId !== undefined) return byId
    const byUuid = uuid === undefined ? undefined : this.#inventory.byUuid(uuid)
    return byUuid ?? (clientMac === undefined ? undefined : this.#inventory.get(clientMac))
  }

  /** This interface is one of the machine that the inventory has under another MAC. */
  addAlias(mac: string, known: string): void {
    this.#aliases.delete(mac)
    this.#aliases.set(mac, known)
    if (this.#aliases.size > MOST) this.#aliases.delete(this.#aliases.keys().next().value!)
  }
}
