import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { type MachineUsersLab, machineUsers } from '../trees/users.ts'
import { type ShownMachine, shown } from './fields.ts'

export interface RemoveMachineInput {
  /** Name or MAC. */
  machine: string
  /** Although it runs. */
  force: boolean
}

/** Removes a machine from the inventory, with its assignments. Throws BE_MACHINE_UNKNOWN, BE_MACHINE_RUNS. */
export async function removeMachine(
  lab: MachineUsersLab & Pick<Lab, 'dryRun' | 'say'>,
  { machine: name, force }: RemoveMachineInput,
): Promise<ShownMachine> {
  const { inventory, dryRun, say } = lab
  const machine = inventory.find(name)
  const running = [...(await machineUsers(lab))].filter(([, users]) =>
    users.some(user => user.machine === machine.name),
  )
  if (running.length > 0 && !force) {
    const what = running.map(([be]) => be).join(', ')
    throw new BeError('BE_MACHINE_RUNS', `${machine.name} runs ${what}`, {
      hint: `shut it down first, or be machine remove -f ${machine.name}`,
    })
  }
  if (!dryRun) return shown(inventory.remove(name))
  say(`would remove ${machine.name} (${machine.mac})`)
  return shown(machine)
}
