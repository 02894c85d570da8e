import type { Lab } from '../../lab/lab.ts'
import { stopVm } from '../../launch/common/supervisor/control.ts'
import { vmFiles } from '../../launch/common/vm/files.ts'
import type { Machine } from '../../machines/machine.ts'
import { controlContext } from './state.ts'

export interface StopInput {
  machine: Machine
  /** Power off at once, instead of pressing the power button. */
  now?: boolean
}

export type StopLab = Pick<Lab, 'stateDir' | 'clock' | 'dryRun' | 'mayOnlyRead' | 'say' | 'warn'>

/** Stops a machine that runs on this host; resolves with whether it was running. Throws BE_VM_… when it cannot be stopped. */
export async function stopMachine(lab: StopLab, { machine, now = false }: StopInput): Promise<boolean> {
  if (lab.dryRun) {
    lab.say(`would ${now ? 'pull the plug of' : 'press the power button of'} ${machine.name}`)
    return true
  }
  return stopVm(vmFiles(lab.stateDir, machine.name), controlContext(lab), now)
}
