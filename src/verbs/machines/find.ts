import type { Lab } from '../../lab/lab.ts'
import { readMac } from '../../machines/mac.ts'
import type { Machine } from '../../machines/machine.ts'

/** A machine of the inventory, or any other MAC, which is then its name too. Throws BE_MACHINE_UNKNOWN. */
export function findMachine(
  { inventory }: Pick<Lab, 'inventory'>,
  nameOrMac: string,
): { name: string; mac: string } {
  const mac = readMac(nameOrMac)
  if (mac === undefined) return inventory.find(nameOrMac)
  return inventory.get(mac) ?? { name: mac, mac }
}

/** The machine with this MAC; undefined also where the state cannot be read: Wake-on-LAN works without it. */
export function machineIfReadable(lab: Pick<Lab, 'inventory'>, mac: string): Machine | undefined {
  try {
    return lab.inventory.get(mac)
  } catch {
    return undefined
  }
}
