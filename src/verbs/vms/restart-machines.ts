import type { Machine } from '../../machines/machine.ts'
import { eachMachine } from '../machines/each.ts'
import { prepareVm, type StartLab, startMachine } from './start.ts'
import { stateOf } from './state.ts'
import { stopMachine } from './stop.ts'

export interface RestartMachinesInput {
  /** Names or MACs. */
  machines: readonly string[]
  /** Power off at once, instead of pressing the power button. */
  now: boolean
}

/**
 * Stops and starts machines, one after another. Throws BE_MACHINE_UNKNOWN before the first, then as eachMachine and
 * startMachine do.
 */
export async function restartMachines(lab: StartLab, { machines, now }: RestartMachinesInput): Promise<void> {
  const known = machines.map(machine => lab.inventory.find(machine))
  const options = { failed: 'could not be restarted', say: lab.say }
  await eachMachine(known, options, machine => restart(lab, machine, now))
}

/** Restarts it with the boot environment that it ran if this host had loaded its kernel, else with its assignment. */
async function restart(lab: StartLab, machine: Machine, now: boolean): Promise<void> {
  const state = await stateOf(lab, machine.name)
  const loaded = state?.launch === 'bhyveload' ? ({ launch: state.launch, be: state.be } as const) : {}
  const input = { machine, ...loaded, ...(state && { restart: state.restart }) }
  // Checks that it can be started again, before it is stopped.
  await prepareVm(lab, input)
  await stopMachine(lab, { machine, now })
  await startMachine(lab, input)
}
