import { readIfThere } from '../../host/files.ts'
import type { Lab } from '../../lab/lab.ts'
import { type ControlContext, vmState } from '../../launch/common/supervisor/control.ts'
import { vmFiles } from '../../launch/common/vm/files.ts'
import { readState, type VmState } from '../../launch/common/vm/state.ts'
import { parseVmTab, type VmTabLine } from '../../launch/common/vm/vmtab.ts'
import type { Machine } from '../../machines/machine.ts'
import { startedHere } from './started-here.ts'

export const controlContext = ({ clock, warn }: Pick<Lab, 'clock' | 'warn'>): ControlContext => ({
  clock,
  warn,
})

/** A virtual machine's state; what a killed supervisor has left is removed, but not with -n, nor by who may only read. */
export function stateOf(
  lab: Pick<Lab, 'stateDir' | 'clock' | 'dryRun' | 'mayOnlyRead' | 'warn'>,
  machine: string,
): Promise<VmState | undefined> {
  const files = vmFiles(lab.stateDir, machine)
  return lab.dryRun || lab.mayOnlyRead ? readState(files) : vmState(files, controlContext(lab))
}

/** A machine of the inventory, or one that was started here and then removed from it. Throws BE_MACHINE_UNKNOWN. */
export async function machineHere(lab: Pick<Lab, 'inventory' | 'stateDir'>, name: string): Promise<Machine> {
  const known = lab.inventory.get(name)
  if (known !== undefined) return known
  return (await startedHere(lab)).includes(name) ? { name, mac: '' } : lab.inventory.find(name)
}

/** The lines of vmtab. Throws BE_VMTAB. */
export async function vmTab({ settings }: Pick<Lab, 'settings'>): Promise<VmTabLine[]> {
  const path = settings['vm.tab']!
  return parseVmTab((await readIfThere(path)) ?? '', path, settings['be.parent'])
}
