import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { bhyve } from '../../launch/bhyve.ts'
import { bhyveload } from '../../launch/bhyveload.ts'
import { stepsNow } from '../../launch/common/bridges.ts'
import type { Launch, LaunchName, LaunchPlan } from '../../launch/common/launch.ts'
import { render } from '../../launch/common/render.ts'
import type { VmInput } from '../../launch/common/vm.ts'
import { metal } from '../../launch/metal.ts'
import { qemu } from '../../launch/qemu.ts'
import { xen } from '../../launch/xen.ts'
import type { Machine } from '../../machines/machine.ts'
import { planInputFor } from '../plans/input.ts'
import { vmHost } from './host.ts'

/** The launches that start a machine, by name. */
export const MACHINE_LAUNCHES: Partial<Record<LaunchName, Launch<VmInput>>> = {
  bhyveload,
  bhyve,
  qemu,
  xen,
  metal,
}

/** How a machine of this kind is started; for bhyve without firmware the host loads the kernel. Throws BE_MACHINE_NO_KIND. */
export function launchOf({ name, kind, hardware }: Machine): LaunchName {
  if (kind === 'bhyve' && hardware?.firmware === 'none') return 'bhyveload'
  if (kind !== undefined) return kind
  throw new BeError('BE_MACHINE_NO_KIND', `${name} has no kind: nobody knows how to start it`, {
    expected: 'bhyve, qemu, xen or metal',
    hint: `be machine set ${name} --kind qemu`,
    exit: 'data',
  })
}

export interface LaunchPlanInput {
  launch: LaunchName
  be: string
  /** Absent: a text for no machine in particular. */
  machine?: Machine | undefined
}

export type LaunchPlanLab = Pick<
  Lab,
  'settings' | 'effective' | 'store' | 'stateDir' | 'inventory' | 'planner'
>

/**
 * All that starting a machine with this boot environment would do; where the root's file handle is part of it, mountd
 * is asked for it now. Throws what the launch's `plan` throws, BE_UNKNOWN, BE_NOT_SHARED, and mountd's errors.
 */
export async function launchPlan(
  lab: LaunchPlanLab,
  { launch, be: name, machine }: LaunchPlanInput,
): Promise<LaunchPlan> {
  const { settings, store } = lab
  const be = await store.get(name)
  const { plan } = MACHINE_LAUNCHES[launch]!
  const handsRoot = launch === 'bhyveload' || (launch === 'xen' && machine?.hardware?.firmware === 'none')
  return plan({
    be,
    fileSystems: await store.fileSystems(be.name),
    ...(machine !== undefined && { machine }),
    ...(machine !== undefined &&
      handsRoot && { boot: await planInputFor(lab, { be: be.name, mac: machine.mac }) }),
    host: await vmHost(lab, machine),
    defaults: {
      memory: settings['vm.memory'],
      cpus: settings['vm.cpus'],
      firmware: settings['vm.firmware'],
    },
  })
}

/** A plan as lines of sh(1), with the bridge steps that this host needs as it is now. */
export async function launchText({ effective }: Pick<Lab, 'effective'>, plan: LaunchPlan): Promise<string> {
  return render({ ...plan, before: await stepsNow(plan.before, effective) })
}
