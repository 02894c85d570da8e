import type { Lab } from '../../lab/lab.ts'
import { type ShownMachine, shown } from './fields.ts'

export interface RemoveMachineInput {
  /** Name or MAC. */
  machine: string
}

/** Removes a machine from the inventory, with its assignments. Throws BE_MACHINE_UNKNOWN. */
export function removeMachine(
  { inventory, dryRun, say }: Pick<Lab, 'inventory' | 'dryRun' | 'say'>,
  { machine: name }: RemoveMachineInput,
): ShownMachine {
  const machine = inventory.find(name)
  if (!dryRun) return shown(inventory.remove(name))
  say(`would remove ${machine.name} (${machine.mac})`)
  return shown(machine)
}
