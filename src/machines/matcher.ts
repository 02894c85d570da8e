import { Aliases } from './aliases.ts'
import type { Inventory } from './inventory.ts'
import type { Machine } from './machine.ts'

/** What a client reveals of its machine. */
export interface ClientIdentity {
  /** MAC of the interface that it uses now: lower-case, colons. */
  mac: string
  /** SMBIOS UUID of its board, lower-case. */
  uuid?: string
  /** MAC of another interface, from which its DHCP client identifier (option 61) is made. */
  clientMac?: string
  /** Its DHCP client identifier in hex, unless that is made from a MAC. */
  clientId?: string
}

/**
 * Finds the machine of a client in the inventory: by MAC; else, for a machine that boots from another interface, by
 * client identifier, by UUID, by the MAC in its client identifier. Loaders send neither identifier nor UUID, so
 * the machine that was found for the firmware is remembered for the interface.
 */
export class MachineMatcher {
  readonly #inventory: Inventory
  readonly #aliases = new Aliases()

  constructor(inventory: Inventory) {
    this.#inventory = inventory
  }

  machineOf(client: ClientIdentity): Machine | undefined {
    const own = this.#inventory.get(client.mac)
    if (own !== undefined) return own
    const found = this.#byIdentity(client)
    if (found !== undefined) {
      this.addAlias(client.mac, found.mac)
      return found
    }
    const alias = this.#aliases.get(client.mac)
    return alias === undefined ? undefined : this.#inventory.get(alias)
  }

  /** Remembers the machine of a client's interface. Ignores database errors: the packet is valid all the same. */
  learn(client: ClientIdentity): void {
    try {
      this.machineOf(client)
    } catch {}
  }

  #byIdentity({ uuid, clientMac, clientId }: ClientIdentity): Machine | undefined {
    const byId = clientId === undefined ? undefined : this.#inventory.byClientId(clientId)
    if (byId !== undefined) return byId
    const byUuid = uuid === undefined ? undefined : this.#inventory.byUuid(uuid)
    return byUuid ?? (clientMac === undefined ? undefined : this.#inventory.get(clientMac))
  }

  /** `mac` is another interface of the machine that the inventory lists as `inventoryMac`. */
  addAlias(mac: string, inventoryMac: string): void {
    this.#aliases.add(mac, inventoryMac)
  }
}
