import type { Lab } from '../../lab/lab.ts'
import { isActive } from '../../launch/common/vm/state.ts'
import type { VmTabLine } from '../../launch/common/vm/vmtab.ts'
import type { Machine } from '../../machines/machine.ts'
import { sleep } from '../../net/net.ts'
import { eachMachine, type Round } from '../machines/each.ts'
import { listVms, machineHere, prepareVm, startMachine, stateOf, stopMachine, vmTab } from './vms.ts'

/**
 * Starts the machines of vmtab that start with the host, in its order; those that run already go on. Throws
 * BE_VMTAB, and as eachMachine does.
 */
export async function startAll(rooms: Lab): Promise<void> {
  const lines = (await vmTab(rooms)).filter(({ auto }) => auto)
  const named = lines.map(line => ({ name: line.machine, line }))
  await eachMachine(named, startRound(rooms), ({ line }) => startLine(rooms, line))
}

async function startLine(rooms: Lab, { machine: name, be, delay }: VmTabLine): Promise<void> {
  const machine = rooms.inventory.find(name)
  const state = await stateOf(rooms, machine.name)
  if (state !== undefined && isActive(state)) return
  if (delay > 0 && !rooms.dryRun) await sleep(rooms.clock, delay * 1000)
  const options = be === undefined ? {} : { be }
  // What cannot be started is not assigned either.
  await prepareVm(rooms, machine, options)
  if (be !== undefined && !rooms.dryRun) rooms.assignments.assign(be, machine.name)
  await startMachine(rooms, machine, options)
}

/** Starts machines with what they are assigned, one after another. Throws as eachMachine and startMachine do. */
export const startMachines = (rooms: Lab, machines: readonly Machine[]): Promise<void> =>
  eachMachine(machines, startRound(rooms), async machine => {
    await startMachine(rooms, machine)
  })

const startRound = ({ say }: Lab): Round => ({ failed: 'could not be started', say })

/** Presses all power buttons at once, and says what came of it: a host that goes down has not got long. */
export const stopMachines = (rooms: Lab, machines: readonly Machine[], now: boolean): Promise<void> =>
  eachMachine(machines, { failed: 'could not be stopped', say: rooms.say, together: true }, async machine => {
    const ran = await stopMachine(rooms, machine, now)
    if (!rooms.dryRun) rooms.say(`${machine.name} ${ran ? 'is off' : 'was not running here'}`)
  })

/** The machines that run here. */
export async function runningHere(rooms: Lab): Promise<Machine[]> {
  const active = (await listVms(rooms)).filter(({ state }) => state !== undefined && isActive(state))
  return Promise.all(active.map(({ machine }) => machineHere(rooms, machine)))
}

/** Off and on again, with what it ran if that was loaded by us, else with what it is assigned by now. */
async function restartMachine(rooms: Lab, machine: Machine, now: boolean): Promise<void> {
  const state = await stateOf(rooms, machine.name)
  const loaded = state?.launch === 'bhyveload' ? ({ launch: state.launch, be: state.be } as const) : {}
  const options = { ...loaded, ...(state && { restart: state.restart }) }
  // What could not start again goes on.
  await prepareVm(rooms, machine, options)
  await stopMachine(rooms, machine, now)
  await startMachine(rooms, machine, options)
}

/** Each, one after another. Throws as eachMachine and startMachine do. */
export const restartMachines = (rooms: Lab, machines: readonly Machine[], now: boolean): Promise<void> =>
  eachMachine(machines, { failed: 'could not be restarted', say: rooms.say }, machine =>
    restartMachine(rooms, machine, now),
  )
