import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../machines/machine.ts'
import { beName } from '../environments/names.ts'
import { type StartLab, startMachine } from './start.ts'

export interface BootNfsInput {
  /** Name of the boot environment. */
  name: string
  /** Name or MAC; default: the machine of the boot environment's name, or the only one that it is assigned to. */
  machine?: string
}

type BootNfsLab = StartLab & Pick<Lab, 'assignments'>

/**
 * Starts a bhyve machine whose kernel bhyveload(8) loads from the tree. Resolves with the machine's name. Throws
 * BE_MACHINE_NEEDED, and as startMachine does.
 */
export async function bootNfs(lab: BootNfsLab, { name, machine: wanted }: BootNfsInput): Promise<string> {
  const be = beName(lab, name)
  await lab.store.get(be)
  const machine = machineFor(lab, be, wanted)
  await startMachine(lab, { machine, launch: 'bhyveload', be })
  return machine.name
}

function machineFor({ inventory, assignments }: BootNfsLab, be: string, wanted?: string): Machine {
  if (wanted !== undefined) return inventory.find(wanted)
  const assigned = assignments.machinesOf(be)
  const machine = inventory.get(be) ?? (assigned.length === 1 ? assigned[0] : undefined)
  if (machine !== undefined) return machine
  throw new BeError('BE_MACHINE_NEEDED', `which machine shall run ${be}?`, {
    expected: `a machine with MAC and address: be bootnfs ${be} MACHINE`,
    hint: 'be machine add NAME MAC --ip ADDRESS --kind bhyve makes one',
  })
}
