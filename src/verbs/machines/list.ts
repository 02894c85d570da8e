import type { Lab } from '../../lab/lab.ts'
import type { Assignment } from '../../machines/assignment.ts'
import { type ShownMachine, shown } from './fields.ts'

/** A machine, and its assignment. */
export type ListedMachine = ShownMachine & Partial<Assignment>

/** The machines of the inventory, by name. */
export function listMachines({
  inventory,
  assignments,
}: Pick<Lab, 'inventory' | 'assignments'>): ListedMachine[] {
  return inventory.list().map(machine => ({ ...shown(machine), ...assignments.assignmentOf(machine.mac) }))
}
