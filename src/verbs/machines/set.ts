import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { checkMachineAddress } from './address.ts'
import { changedFields, hasFields, type MachineFields, type ShownMachine, shown } from './fields.ts'

export interface SetMachineInput {
  /** Name or MAC. */
  machine: string
  /** New values; `-` removes one. */
  fields: MachineFields
}

/** Changes a machine of the inventory. Throws BE_USAGE when no field is given, BE_MACHINE_…, BE_MAC_…. */
export function setMachine(
  lab: Pick<Lab, 'inventory' | 'subnets' | 'dryRun' | 'say'>,
  { machine: name, fields }: SetMachineInput,
): ShownMachine {
  if (!hasFields(fields)) throw nothing(name)
  const changes = changedFields(fields, lab.inventory.find(name).hardware)
  if (typeof changes.ip === 'string') checkMachineAddress(lab, changes.ip)
  const machine = lab.inventory.set(name, changes, lab.dryRun)
  if (lab.dryRun) lab.say(`would change ${machine.name}`)
  return shown(machine)
}

const nothing = (name: string): BeError =>
  new BeError('BE_USAGE', `nothing to change of ${name}`, {
    expected: 'a field and its value, as --ip 192.168.2.7',
    hint: 'see be help machine set',
  })
