import type { Lab } from '../../lab/lab.ts'
import type { VmState } from '../../launch/common/vm/state.ts'
import { startedHere } from './started-here.ts'
import { stateOf, vmTab } from './state.ts'

/** A virtual machine as `be vm list` shows it. */
export interface ListedVm {
  machine: string
  kind?: string
  /** Whether it starts with the host. */
  auto: boolean
  /** Absent: it was never started on this host. */
  state?: VmState
}

/** The virtual machines of the inventory, and all that were ever started on this host. Throws BE_VMTAB. */
export async function listVms(
  lab: Pick<Lab, 'inventory' | 'settings' | 'stateDir' | 'clock' | 'dryRun' | 'mayOnlyRead' | 'warn'>,
): Promise<ListedVm[]> {
  const tab = await vmTab(lab)
  const autos = new Set(tab.filter(({ auto }) => auto).map(({ machine }) => machine.toLowerCase()))
  const known = lab.inventory.list().filter(({ kind }) => kind !== undefined && kind !== 'metal')
  const names = [...new Set([...known.map(({ name }) => name), ...(await startedHere(lab))])].sort()
  return Promise.all(
    names.map(async name => {
      const state = await stateOf(lab, name)
      const kind = known.find(machine => machine.name === name)?.kind
      const auto = autos.has(name.toLowerCase())
      return { machine: name, ...(kind !== undefined && { kind }), auto, ...(state && { state }) }
    }),
  )
}
