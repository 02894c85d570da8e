import type { Lab } from '../../lab/lab.ts'
import type { LaunchPlan } from '../../launch/common/launch.ts'
import { stepsForHost } from '../../launch/common/network/bridges.ts'
import { render } from '../../launch/common/render.ts'
import { type MachineLaunchName, machineLaunch } from '../../launch/index.ts'
import type { Machine } from '../../machines/machine.ts'
import { planInputFor } from '../plans/input.ts'
import { vmHost } from './host.ts'

export interface LaunchPlanInput {
  launch: MachineLaunchName
  /** Name of the boot environment. */
  be: string
  /** Absent: a plan for no machine in particular. */
  machine?: Machine
}

export type LaunchPlanLab = Pick<
  Lab,
  'settings' | 'effective' | 'store' | 'stateDir' | 'inventory' | 'planner'
>

/**
 * The plan that starts a machine with this boot environment; where the root's file handle is part of it, mountd is asked
 * for it now. Throws what the launch's `plan` throws, BE_UNKNOWN, BE_NOT_SHARED, and mountd's errors.
 */
export async function launchPlan(
  lab: LaunchPlanLab,
  { launch, be: name, machine }: LaunchPlanInput,
): Promise<LaunchPlan> {
  const { settings, store } = lab
  const be = await store.get(name)
  const { plan, loadsKernel } = machineLaunch(launch)
  return plan({
    be,
    ...(machine !== undefined && { machine }),
    ...(machine !== undefined &&
      loadsKernel?.(machine) && { boot: await planInputFor(lab, { be: be.name, mac: machine.mac }) }),
    host: await vmHost(lab, machine),
    defaults: {
      memory: settings['vm.memory'],
      cpus: settings['vm.cpus'],
      firmware: settings['vm.firmware'],
    },
  })
}

/** A plan as lines of sh(1), with the bridge steps that this host needs now. */
export async function launchText({ effective }: Pick<Lab, 'effective'>, plan: LaunchPlan): Promise<string> {
  return render({ ...plan, before: await stepsForHost(plan.before, effective) })
}
