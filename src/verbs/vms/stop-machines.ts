import type { Lab } from '../../lab/lab.ts'
import { isActive } from '../../launch/common/vm/state.ts'
import { eachMachine } from '../machines/each.ts'
import { listVms } from './list.ts'
import { machineHere } from './state.ts'
import { type StopLab, stopMachine } from './stop.ts'

export interface StopMachinesInput {
  /** Names; default: all that run on this host. */
  machines?: readonly string[]
  /** Power off at once, instead of pressing the power button. */
  now: boolean
}

/**
 * Stops machines, all at once, since a host that shuts down has little time, and reports on each. Resolves with their
 * names. Throws BE_MACHINE_UNKNOWN before the first is stopped, then as eachMachine does.
 */
export async function stopMachines(
  lab: StopLab & Pick<Lab, 'inventory' | 'settings'>,
  { machines: names, now }: StopMachinesInput,
): Promise<string[]> {
  const machines = await Promise.all((names ?? (await running(lab))).map(name => machineHere(lab, name)))
  const options = { failed: 'could not be stopped', say: lab.say, together: true }
  await eachMachine(machines, options, async machine => {
    const ran = await stopMachine(lab, { machine, now })
    if (!lab.dryRun) lab.say(`${machine.name} ${ran ? 'is off' : 'was not running here'}`)
  })
  return machines.map(({ name }) => name)
}

const running = async (lab: StopLab & Pick<Lab, 'inventory' | 'settings'>): Promise<string[]> =>
  (await listVms(lab)).flatMap(({ machine, state }) =>
    state !== undefined && isActive(state) ? [machine] : [],
  )
