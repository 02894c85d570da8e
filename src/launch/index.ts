import { BeError } from '../errors/errors.ts'
import { MACHINE_KINDS, type Machine } from '../machines/machine.ts'
import { bhyve } from './bhyve.ts'
import { bhyveload } from './bhyveload.ts'
import { chroot } from './chroot.ts'
import type { Launch } from './common/launch.ts'
import type { TreeInput } from './common/tree/tree.ts'
import type { VmInput } from './common/vm/vm.ts'
import { jail } from './jail.ts'
import { metal } from './metal.ts'
import { qemu } from './qemu.ts'
import { xen } from './xen.ts'

/** Launches that start a machine, by name, in the order in which messages list them. */
export const MACHINE_LAUNCHES = {
  bhyveload,
  bhyve,
  qemu,
  xen,
  metal,
} satisfies Record<string, Launch<VmInput>>

/** Launches that run a command in a boot environment's tree on this host. */
export const TREE_LAUNCHES = {
  jail,
  chroot,
} satisfies Record<string, Launch<TreeInput>>

export type MachineLaunchName = keyof typeof MACHINE_LAUNCHES
export type LaunchName = MachineLaunchName | keyof typeof TREE_LAUNCHES

/** The names of all launches. */
export const LAUNCHES = Object.keys({ ...MACHINE_LAUNCHES, ...TREE_LAUNCHES }) as LaunchName[]

/** A launch that starts a machine. */
export const machineLaunch = (name: MachineLaunchName): Launch<VmInput> => MACHINE_LAUNCHES[name]

/**
 * How a machine is started: by the launch that its kind names, but a bhyve machine without firmware by bhyveload.
 * Throws BE_MACHINE_NO_KIND.
 */
export function launchOf({ name, kind, hardware }: Machine): MachineLaunchName {
  if (kind === 'bhyve' && hardware?.firmware === 'none') return 'bhyveload'
  if (kind !== undefined) return kind
  throw new BeError('BE_MACHINE_NO_KIND', `${name} has no kind, which says how it is started`, {
    expected: MACHINE_KINDS.join(', '),
    hint: `be machine set ${name} --kind qemu`,
  })
}
