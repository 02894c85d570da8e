import { reason } from '../../errors/errors.ts'
import { awaitService } from '../../lab/await-service.ts'
import type { Lab } from '../../lab/lab.ts'
import { isActive } from '../../launch/common/vm/state.ts'
import type { VmTabLine } from '../../launch/common/vm/vmtab.ts'
import { sleep } from '../../net/net.ts'
import { type EachOptions, eachMachine } from '../machines/each.ts'
import { prepareVm, type StartLab, startMachine } from './start.ts'
import { stateOf, vmTab } from './state.ts'

export type StartMachinesLab = StartLab & Pick<Lab, 'assignments'>

export interface StartMachinesInput {
  /** Names or MACs. */
  machines: readonly string[]
}

const each = ({ say }: Pick<Lab, 'say'>): EachOptions => ({ failed: 'could not be started', say })

/**
 * Starts machines with their assignments, one after another. Throws BE_MACHINE_UNKNOWN before the first, then as
 * eachMachine and startMachine do.
 */
export async function startMachines(lab: StartMachinesLab, { machines }: StartMachinesInput): Promise<void> {
  const known = machines.map(machine => lab.inventory.find(machine))
  await eachMachine(known, each(lab), async machine => {
    await startMachine(lab, { machine })
  })
}

export interface StartAllInput {
  /** How long (s) to wait, if at all, until `be serve` answers: machines get their boot files and their roots from it. */
  wait: number
}

/**
 * Starts the machines of vmtab that start with the host, in its order, except those that run already. Throws BE_VMTAB, and
 * as eachMachine does. That `be serve` does not answer is a warning: some machines may start without it.
 */
export async function startAllMachines(lab: StartMachinesLab, { wait }: StartAllInput): Promise<void> {
  const lines = (await vmTab(lab)).filter(({ auto }) => auto)
  if (lines.length > 0 && wait > 0 && !lab.dryRun) {
    await awaitService(lab, wait).catch((error: unknown) => lab.warn(reason(error)))
  }
  const named = lines.map(line => ({ name: line.machine, line }))
  await eachMachine(named, each(lab), ({ line }) => startLine(lab, line))
}

async function startLine(lab: StartMachinesLab, { machine: name, be, delay }: VmTabLine): Promise<void> {
  const machine = lab.inventory.find(name)
  const state = await stateOf(lab, machine.name)
  if (state !== undefined && isActive(state)) return
  if (delay > 0 && !lab.dryRun) await sleep(lab.clock, delay * 1000)
  const input = { machine, be }
  // Checks that it can be started, before it is assigned.
  await prepareVm(lab, input)
  if (be !== undefined && !lab.dryRun) lab.assignments.assign(be, machine.name)
  await startMachine(lab, input)
}
