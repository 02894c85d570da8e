/** Interfaces of one machine beside the one in the inventory: as many as a host has that is worth booting. */
const MOST_OF_ONE = 16

/** The machines by the MACs of their other interfaces. Of one machine, the interface that was seen longest ago is dropped first. */
export class Aliases {
  readonly #machineOf = new Map<string, string>()
  /** By machine, in the order in which they were seen last. */
  readonly #interfaces = new Map<string, Set<string>>()

  /** MAC in the inventory of the machine that has this interface. */
  get(mac: string): string | undefined {
    return this.#machineOf.get(mac)
  }

  /** `mac` is an interface of the machine that the inventory lists as `machine`. */
  add(mac: string, machine: string): void {
    this.delete(mac)
    const interfaces = this.#interfaces.get(machine) ?? new Set()
    this.#interfaces.set(machine, interfaces.add(mac))
    this.#machineOf.set(mac, machine)
    if (interfaces.size > MOST_OF_ONE) this.delete(interfaces.values().next().value!)
  }

  delete(mac: string): void {
    const machine = this.#machineOf.get(mac)
    if (machine === undefined) return
    this.#machineOf.delete(mac)
    const interfaces = this.#interfaces.get(machine)!
    interfaces.delete(mac)
    if (interfaces.size === 0) this.#interfaces.delete(machine)
  }
}
