import type { Lab } from '../../lab/lab.ts'
import { readMac } from '../../machines/mac.ts'
import type { Machine } from '../../machines/machine.ts'

/** A machine of the inventory, or a MAC that nobody has added: its name is the MAC then. Throws BE_MACHINE_UNKNOWN. */
export function findMachine(
  { inventory }: Pick<Lab, 'inventory'>,
  nameOrMac: string,
): { name: string; mac: string } {
  const mac = readMac(nameOrMac)
  if (mac === undefined) return inventory.find(nameOrMac)
  return inventory.get(mac) ?? { name: mac, mac }
}

/** As the inventory has it; undefined also where the state cannot be read, which must not keep a MAC from being woken. */
export function machineIfReadable(lab: Pick<Lab, 'inventory'>, mac: string): Machine | undefined {
  try {
    return lab.inventory.get(mac)
  } catch {
    return undefined
  }
}
