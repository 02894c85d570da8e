import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { leasedAddress } from '../../lab/leased-address.ts'
import { bhyve } from '../../launch/bhyve.ts'
import { bhyveload } from '../../launch/bhyveload.ts'
import { stepsNow } from '../../launch/common/bridges.ts'
import type { Launch, LaunchName, LaunchPlan } from '../../launch/common/launch.ts'
import { render } from '../../launch/common/render.ts'
import type { VmInput } from '../../launch/common/vm.ts'
import { metal } from '../../launch/metal.ts'
import { qemu } from '../../launch/qemu.ts'
import { xen } from '../../launch/xen.ts'
import { readMac } from '../../machines/mac.ts'
import type { Machine } from '../../machines/machine.ts'
import { notShared } from '../../nfs/share-list.ts'
import { clientAs } from '../plans/explain.ts'
import { vmHost } from './host.ts'

/** The launches that start a machine, by name. */
export const MACHINE_LAUNCHES: Partial<Record<LaunchName, Launch<VmInput>>> = {
  bhyveload,
  bhyve,
  qemu,
  xen,
  metal,
}

/** How a machine of this kind is started; a bhyve machine without firmware has its kernel loaded. Throws BE_MACHINE_NO_KIND. */
export function launchOf({ name, kind, hardware }: Machine): LaunchName {
  if (kind === 'bhyve' && hardware?.firmware === 'none') return 'bhyveload'
  if (kind !== undefined) return kind
  throw new BeError('BE_MACHINE_NO_KIND', `${name} has no kind: nobody knows how to start it`, {
    expected: 'bhyve, qemu, xen or metal',
    hint: `be machine set ${name} --kind qemu`,
    exit: 'data',
  })
}

/**
 * All that starting a machine with this boot environment would do, its file handle asked from mountd now where
 * it goes into the plan. Throws what the launch's `plan` throws, BE_UNKNOWN, BE_NOT_SHARED, and mountd's errors.
 */
export async function launchPlan(
  rooms: Lab,
  launch: LaunchName,
  beName: string,
  machine: Machine | undefined,
): Promise<LaunchPlan> {
  const be = await rooms.store.get(beName)
  const { settings } = rooms
  const { plan } = MACHINE_LAUNCHES[launch]!
  const handsRoot = launch === 'bhyveload' || (launch === 'xen' && machine?.hardware?.firmware === 'none')
  return plan({
    be,
    fileSystems: await rooms.store.fileSystems(be.name),
    ...(machine !== undefined && { machine }),
    ...(machine !== undefined && handsRoot && { boot: await bootInput(rooms, be.name, machine) }),
    host: await vmHost(rooms, machine),
    defaults: {
      memory: settings['vm.memory'],
      cpus: settings['vm.cpus'],
      firmware: settings['vm.firmware'],
    },
  })
}

/** A plan as lines of sh(1), with what of it is needed as this host stands. */
export async function launchText({ effective }: Lab, plan: LaunchPlan): Promise<string> {
  return render({ ...plan, before: await stepsNow(plan.before, effective) })
}

async function bootInput(rooms: Lab, be: string, { mac }: Machine) {
  const ip = await addressOf(rooms, mac)
  const client = { ...clientAs('uefi', mac), ...(ip !== undefined && { ip }) }
  const input = await rooms.planner.input(client, { be })
  if (input.problem !== undefined) throw input.problem
  if (input.root === undefined) throw notShared(be)
  return input
}

/** What a machine has: its reserved address, or the last that it leased. */
export const addressOf = async ({ inventory, stateDir }: Lab, mac: string): Promise<string | undefined> =>
  inventory.get(mac)?.ip ?? (await leasedAddress(stateDir, mac))

/** A machine of the inventory by name or MAC, or of a MAC that it does not know: to print a text for it. */
export function machineFor({ inventory }: Lab, nameOrMac: string): Machine {
  const mac = readMac(nameOrMac)
  const known = mac === undefined ? inventory.find(nameOrMac) : inventory.get(mac)
  return known ?? { name: mac!.replaceAll(':', '-'), mac: mac! }
}
