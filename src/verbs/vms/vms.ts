import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { readIfThere } from '../../host/files.ts'
import { run } from '../../host/run.ts'
import type { Lab } from '../../lab/lab.ts'
import { type ControlContext, startVm, stopVm, vmState } from '../../launch/common/control.ts'
import type { LaunchName, LaunchPlan } from '../../launch/common/launch.ts'
import {
  isActive,
  type Restart,
  readState,
  type VmJob,
  type VmState,
  vmFiles,
  vmRoot,
} from '../../launch/common/vm-dir.ts'
import { parseVmTab, type VmTabLine } from '../../launch/common/vmtab.ts'
import type { Machine } from '../../machines/machine.ts'
import { notShared } from '../../nfs/share-list.ts'
import type { WakeRecord } from '../../wol/wol.ts'
import type { Appliance } from '../appliance.ts'
import { recordWake } from '../machines/woken.ts'
import { checkReady } from './host.ts'
import { launchOf, launchPlan, launchText } from './plan.ts'
import type { Replanned } from './replan.ts'

/** How a machine is to be started, where its own kind and assignment do not say. */
export interface StartOptions {
  launch?: LaunchName
  be?: string
  restart?: Restart
}

const REPLAN = join(import.meta.dirname, `replan${import.meta.filename.slice(-3)}`)

const ground = ({ clock, say: warn }: Lab): ControlContext => ({ clock, warn })

/** What a machine does now; with -n nothing that a killed supervisor left is cleared away. */
export function stateOf(rooms: Lab, machine: string): Promise<VmState | undefined> {
  const files = vmFiles(rooms.stateDir, machine)
  return rooms.dryRun ? readState(files) : vmState(files, ground(rooms))
}

/** The machines that start with the host. Throws BE_VMTAB. */
export async function vmTab({ settings }: Lab): Promise<VmTabLine[]> {
  const path = settings['vm.tab']!
  return parseVmTab((await readIfThere(path)) ?? '', path, settings['be.parent'])
}

/**
 * What a supervisor would be told to do for a machine; its files are found by the same name. Throws what keeps
 * it from being started.
 */
export async function prepareVm(rooms: Lab, machine: Machine, options: StartOptions): Promise<VmJob> {
  const launch = options.launch ?? launchOf(machine)
  const be = options.be ?? rooms.assignmentOf(machine.mac)?.be
  if (be === undefined) {
    throw new BeError('BE_NOT_ASSIGNED', `${machine.name} has no boot environment, and there is no default`, {
      hint: `be sharepxe BE ${machine.name}`,
      exit: 'data',
    })
  }
  if (rooms.shares.get(be) === undefined) throw notShared(be, `be sharepxe ${be} ${machine.name}`)
  const plan = await launchPlan(rooms, launch, be, machine)
  const line = (await vmTab(rooms)).find(
    ({ machine: name }) => name.toLowerCase() === machine.name.toLowerCase(),
  )
  const job: VmJob = { plan, restart: options.restart ?? line?.restart ?? 'never' }
  // What bhyve boots again is loaded again, with the handle that the root has by then.
  if (launch === 'bhyveload') {
    const wanted: Replanned = { effective: rooms.effective, launch, be, machine }
    job.replan = { argv: [process.execPath, REPLAN], input: JSON.stringify(wanted) }
  }
  return job
}

/** Starts a machine here and says so; with -n shows what that takes. Throws BE_VM_RUNNING and many more. */
export async function startMachine(
  rooms: Lab,
  machine: Machine,
  options: StartOptions = {},
): Promise<VmState | undefined> {
  const job = await prepareVm(rooms, machine, options)
  const { plan } = job
  if (rooms.dryRun) {
    rooms.say(`would start ${plan.machine} by ${plan.launch}:\n${(await launchText(rooms, plan)).trimEnd()}`)
    return undefined
  }
  if (plan.launch === 'metal') return switchMetalOn(rooms, plan, machine)
  const files = vmFiles(rooms.stateDir, machine.name)
  const before = await stateOf(rooms, machine.name)
  // What is running already has made what we would make: that is the error to tell.
  if (before === undefined || !isActive(before)) {
    await checkReady(plan, rooms.effective.platform)
    recordWake(rooms, machine.mac)
  }
  const state = await startVm(files, job, ground(rooms))
  rooms.say(
    state.phase === 'off'
      ? `${machine.name} ran ${plan.be} by ${plan.launch} and is off again`
      : `${machine.name} runs ${plan.be} by ${plan.launch}; be console ${machine.name} attaches to it`,
  )
  const detail = { launch: plan.launch }
  rooms.sessionLog.emit({ event: 'vm:started', mac: machine.mac, be: plan.be, detail })
  await rooms.sessionLog.flush()
  return state
}

const POWER_MS = 60_000

async function switchMetalOn(
  rooms: Lab,
  { main }: LaunchPlan,
  { name, mac, hardware }: Machine,
): Promise<undefined> {
  if (hardware?.power === undefined) {
    throw new BeError('BE_MACHINE_METAL', `${name} is a machine of its own, without a power command`, {
      hint: `be wol ${name} wakes it; be machine set ${name} --power COMMAND gives it one`,
      exit: 'data',
    })
  }
  recordWake(rooms, mac)
  await run(main.argv, { timeoutMs: POWER_MS, platform: rooms.effective.platform })
  rooms.say(`${name} was switched on: ${main.argv[0]} did it`)
}

/** Whatever switches this machine on: a hypervisor here, its power command, or else a magic packet. */
export async function switchOn(
  appliance: Appliance,
  machine: Machine,
  be: string,
): Promise<WakeRecord | undefined> {
  const { kind, hardware } = machine
  const here = kind !== undefined && kind !== 'metal'
  if (!here && hardware?.power === undefined) return appliance.wake(machine.name)
  await startMachine(appliance, machine, here ? { be } : { be, launch: 'metal' })
  return undefined
}

/** Presses the power button of a machine that runs here, or pulls the plug; false: it was off. */
export async function stopMachine(rooms: Lab, machine: Machine, now = false): Promise<boolean> {
  if (rooms.dryRun) {
    rooms.say(`would ${now ? 'pull the plug of' : 'press the power button of'} ${machine.name}`)
    return true
  }
  return stopVm(vmFiles(rooms.stateDir, machine.name), ground(rooms), now)
}

/** A virtual machine as `be vm list` shows it. */
export interface VmListed {
  machine: string
  kind?: string
  /** Starts with the host. */
  auto: boolean
  state?: VmState
}

/** The virtual machines of the inventory, and all that were ever started here. */
export async function listVms(rooms: Lab): Promise<VmListed[]> {
  const tab = await vmTab(rooms)
  const autos = new Set(tab.filter(({ auto }) => auto).map(({ machine }) => machine.toLowerCase()))
  const here = await readdir(vmRoot(rooms.stateDir)).catch(() => [])
  const known = rooms.inventory.list().filter(({ kind }) => kind !== undefined && kind !== 'metal')
  const names = [...new Set([...known.map(({ name }) => name), ...here])].sort()
  return Promise.all(
    names.map(async name => {
      const state = await stateOf(rooms, name)
      const kind = known.find(machine => machine.name === name)?.kind
      const auto = autos.has(name.toLowerCase())
      return { machine: name, ...(kind !== undefined && { kind }), auto, ...(state && { state }) }
    }),
  )
}

/** A machine of the inventory, or one that was forgotten while it ran here. Throws BE_MACHINE_UNKNOWN. */
export async function machineHere(rooms: Lab, name: string): Promise<Machine> {
  const known = rooms.inventory.get(name)
  if (known !== undefined) return known
  const here: string[] = await readdir(vmRoot(rooms.stateDir)).catch(() => [])
  return here.includes(name) ? { name, mac: '' } : rooms.inventory.find(name)
}

/** The console's socket of a machine that runs here. Throws BE_VM_OFF. */
export async function consoleOf(rooms: Lab, machine: Machine): Promise<string> {
  const files = vmFiles(rooms.stateDir, machine.name)
  const state = await stateOf(rooms, machine.name)
  if (state !== undefined && isActive(state)) return files.console
  throw new BeError('BE_VM_OFF', `${machine.name} does not run here`, {
    hint: `be vm start ${machine.name}${state === undefined ? '' : `; what it printed is in ${files.consoleLog}`}`,
    exit: 'unavailable',
  })
}

/** The machine that `be bootnfs BE` means: the one named, one of the BE's name, or the only one it is assigned to. */
export function machineOfBe({ inventory, assignments }: Lab, be: string, name?: string): Machine {
  if (name !== undefined) return inventory.find(name)
  const assigned = assignments.machinesOf(be)
  const machine = inventory.get(be) ?? (assigned.length === 1 ? assigned[0] : undefined)
  if (machine !== undefined) return machine
  throw new BeError('BE_MACHINE_NEEDED', `which machine shall run ${be}?`, {
    expected: `a machine with MAC and address: be bootnfs ${be} MACHINE`,
    hint: 'be machine add NAME MAC --ip ADDRESS --kind bhyve makes one',
    exit: 'usage',
  })
}
