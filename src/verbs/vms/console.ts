import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { vmFiles } from '../../launch/common/vm/files.ts'
import { isActive } from '../../launch/common/vm/state.ts'
import { machineHere, stateOf } from './state.ts'

export interface ConsoleInput {
  /** Name or MAC of a machine that runs on this host. */
  machine: string
}

/** The machine's name, and the unix socket of its console. Throws BE_MACHINE_UNKNOWN, BE_VM_OFF. */
export async function consoleOf(
  lab: Pick<Lab, 'inventory' | 'stateDir' | 'clock' | 'dryRun' | 'mayOnlyRead' | 'warn'>,
  input: ConsoleInput,
): Promise<{ machine: string; socket: string }> {
  const { name } = await machineHere(lab, input.machine)
  const files = vmFiles(lab.stateDir, name)
  const state = await stateOf(lab, name)
  if (state !== undefined && isActive(state)) return { machine: name, socket: files.console }
  throw new BeError('BE_VM_OFF', `${name} does not run here`, {
    hint: `be vm start ${name}${state === undefined ? '' : `; what it printed is in ${files.consoleLog}`}`,
  })
}
