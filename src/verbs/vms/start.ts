import { BeError } from '../../errors/errors.ts'
import { packageProgram } from '../../host/package.ts'
import type { Lab } from '../../lab/lab.ts'
import { startVm } from '../../launch/common/supervisor/control.ts'
import { vmFiles } from '../../launch/common/vm/files.ts'
import { isActive, type Restart, type VmJob, type VmState } from '../../launch/common/vm/state.ts'
import { launchOf, type MachineLaunchName, machineLaunch } from '../../launch/index.ts'
import type { Machine } from '../../machines/machine.ts'
import { notShared } from '../../nfs/share-list.ts'
import { runPowerCommand } from '../machines/power-command.ts'
import { recordWake } from '../machines/wake-record.ts'
import { type LaunchPlanLab, launchPlan, launchText } from './plan.ts'
import { checkReady } from './ready.ts'
import type { ReplanInput } from './replan.ts'
import { controlContext, stateOf, vmTab } from './state.ts'

export interface StartInput {
  machine: Machine
  /** Default: that of the machine's kind. */
  launch?: MachineLaunchName
  /** Name of a boot environment; default: the machine's assignment. */
  be?: string
  /** When it is started again after it went off; default: as vmtab says, or else `never`. */
  restart?: Restart
}

export type StartLab = LaunchPlanLab &
  Pick<
    Lab,
    'assignmentOf' | 'shares' | 'boots' | 'clock' | 'sessionLog' | 'dryRun' | 'mayOnlyRead' | 'say' | 'warn'
  >

/**
 * The job for a machine's supervisor. Throws BE_NOT_ASSIGNED, BE_NOT_SHARED, BE_VMTAB, what launchPlan throws: all that
 * keeps the machine from being started, as far as the plan shows it.
 */
export async function prepareVm(lab: StartLab, { machine, ...input }: StartInput): Promise<VmJob> {
  const launch = input.launch ?? launchOf(machine)
  const be = input.be ?? lab.assignmentOf(machine.mac)?.be
  if (be === undefined) throw notAssigned(machine)
  if (lab.shares.get(be) === undefined) throw notShared(be, `be sharepxe ${be} ${machine.name}`)
  const plan = await launchPlan(lab, { launch, be, machine })
  const name = machine.name.toLowerCase()
  const line = (await vmTab(lab)).find(({ machine }) => machine.toLowerCase() === name)
  const job: VmJob = { plan, restart: input.restart ?? line?.restart ?? 'never' }
  // The kernel is loaded again at each reboot, and needs the file handle that the root has then.
  if (plan.load !== undefined && machineLaunch(launch).loadsKernel?.(machine)) {
    const replan: ReplanInput = { effective: lab.effective, launch, be, machine }
    job.replan = {
      argv: [process.execPath, packageProgram('verbs/vms/replan-main')],
      input: JSON.stringify(replan),
    }
  }
  return job
}

/**
 * Starts a machine on this host, or by its power command; with -n shows the script. Resolves with its state, for a virtual
 * machine. Throws BE_VM_RUNNING, and what prepareVm, checkReady, runPowerCommand and startVm throw.
 */
export async function startMachine(lab: StartLab, input: StartInput): Promise<VmState | undefined> {
  const { machine } = input
  const job = await prepareVm(lab, input)
  const { plan } = job
  if (lab.dryRun) {
    lab.say(`would start ${plan.machine} by ${plan.launch}:\n${(await launchText(lab, plan)).trimEnd()}`)
    return undefined
  }
  if (plan.launch === 'metal') {
    await runPowerCommand(lab, { machine, plan })
    return undefined
  }
  const files = vmFiles(lab.stateDir, machine.name)
  const before = await stateOf(lab, machine.name)
  // The tap of a machine that runs exists: checkReady would report that, not BE_VM_RUNNING.
  if (before === undefined || !isActive(before)) {
    await checkReady(plan, lab.effective.platform)
    recordWake(lab, machine.mac)
  }
  const state = await startVm(files, job, controlContext(lab))
  lab.say(
    state.phase === 'off'
      ? `${machine.name} ran ${plan.be} by ${plan.launch} and is off again`
      : `${machine.name} runs ${plan.be} by ${plan.launch}; be console ${machine.name} attaches to it`,
  )
  const detail = { launch: plan.launch }
  lab.sessionLog.emit({ event: 'vm:started', mac: machine.mac, be: plan.be, detail })
  await lab.sessionLog.flush()
  return state
}

const notAssigned = ({ name }: Machine): BeError =>
  new BeError('BE_NOT_ASSIGNED', `${name} has no boot environment, and there is no default`, {
    hint: `be sharepxe BE ${name}`,
  })
