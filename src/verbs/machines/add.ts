import type { Lab } from '../../lab/lab.ts'
import { checkMachineAddress } from './address.ts'
import { type MachineFields, newFields, type ShownMachine, shown } from './fields.ts'

export interface AddMachineInput {
  name: string
  /** Of its boot interface, in any common notation. */
  mac: string
  /** All else that is given of it. */
  fields?: MachineFields
}

/** Adds a machine to the inventory. Throws BE_MACHINE_…, BE_MAC_…, BE_CLIENT_ID_TAKEN. */
export function addMachine(
  lab: Pick<Lab, 'inventory' | 'subnets' | 'dryRun' | 'say'>,
  { name, mac, fields = {} }: AddMachineInput,
): ShownMachine {
  const given = { ...newFields(fields), name, mac }
  if (fields.ip !== undefined) checkMachineAddress(lab, fields.ip)
  const machine = lab.inventory.add(given, lab.dryRun)
  if (lab.dryRun) lab.say(`would add ${machine.name} (${machine.mac})`)
  return shown(machine)
}
