import { refuseInstalling } from '../../be/missing.ts'
import type { Lab } from '../../lab/lab.ts'
import { notShared } from '../../nfs/share-list.ts'
import type { WakeRecord } from '../../wol/wol.ts'
import { beName } from '../environments/names.ts'
import { eachMachine } from '../machines/each.ts'
import { type SwitchOnLab, switchOn } from '../machines/switch-on.ts'
import { assign } from './assign.ts'
import { assignOnce } from './once.ts'

export interface BootPxeInput {
  /** Name of the boot environment. */
  name: string
  /** Names or MACs. */
  machines: readonly string[]
  /** Assign it for one boot: when that is up, or has not come up in time, the assignment before applies again. */
  once?: boolean
  /** Called for each machine that was sent a magic packet. */
  onWoken?: (record: WakeRecord) => void
}

export interface BootPxeResult {
  be: string
  /** Their names. */
  machines: string[]
  /** Those that were sent a magic packet. */
  woken: WakeRecord[]
}

export type BootPxeLab = SwitchOnLab & Pick<Lab, 'database' | 'assignments'>

/**
 * Assigns a boot environment, then switches each machine on. Throws BE_MACHINE_UNKNOWN, BE_UNKNOWN, BE_INSTALLING,
 * BE_NOT_SHARED and BE_ONCE_UNSEEN before anything is changed; then what eachMachine and switchOn throw.
 */
export async function bootPxe(
  lab: BootPxeLab,
  { name, machines: wanted, once = false, onWoken }: BootPxeInput,
): Promise<BootPxeResult> {
  const machines = wanted.map(machine => lab.inventory.find(machine))
  const be = await lab.store.get(beName(lab, name))
  refuseInstalling(be)
  if (lab.shares.get(be.name) === undefined) {
    // sharepxe assigns too, which is not wanted for one boot.
    throw notShared(be.name, once ? undefined : `be sharepxe ${be.name} ${wanted.join(' ')}`)
  }
  if (once) assignOnce(lab, { be, machines })
  else assign(lab, { be, machines })
  const woken: WakeRecord[] = []
  await eachMachine(machines, { failed: 'could not be switched on', say: lab.say }, async machine => {
    const record = await switchOn(lab, { machine, be: be.name })
    if (record === undefined) return
    woken.push(record)
    onWoken?.(record)
  })
  return { be: be.name, machines: machines.map(({ name }) => name), woken }
}
