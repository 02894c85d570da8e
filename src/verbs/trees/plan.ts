import type { BootEnvironment } from '../../be/be.ts'
import { refuseInstalling } from '../../be/missing.ts'
import { findPlace } from '../../be/tree/walk.ts'
import type { Lab } from '../../lab/lab.ts'
import type { LaunchPlan } from '../../launch/common/launch.ts'
import type { JailOption } from '../../launch/common/tree/jail-parameters.ts'
import { checkCommand, checkRunsHere, hostArch } from '../../launch/common/tree/runs-here.ts'
import { TREE_LAUNCHES } from '../../launch/index.ts'

type TreePlanLab = Pick<Lab, 'effective' | 'store'>

export interface TreePlanInput {
  launch: 'jail' | 'chroot'
  be: BootEnvironment
  /** Absent: a persistent jail without a command. */
  command?: readonly string[]
  /** jail(8) parameters. */
  options?: readonly JailOption[]
  /** The jail's name, if not that of the boot environment. */
  jail?: string
}

/**
 * The boot environment, if its programs, and this command, can run on this host; a tree that is not mounted (-n) is not
 * checked. Throws BE_UNKNOWN, BE_INSTALLING, BE_OS_MISMATCH, BE_ARCH_MISMATCH, BE_COMMAND_MISSING.
 */
export async function runnableEnvironment(
  { effective, store }: TreePlanLab,
  name: string,
  command?: string,
): Promise<BootEnvironment> {
  const be = await store.get(name)
  refuseInstalling(be)
  if (!(await store.fileSystems(name)).every(({ mounted }) => mounted)) return be
  await checkRunsHere(be, { platform: effective.platform, arch: hostArch() })
  if (command !== undefined) await checkCommand(be.path, command)
  return be
}

/** The steps that run a command in the tree on this host. */
export async function treePlan(
  { effective }: Pick<Lab, 'effective'>,
  { launch, be, command, options, jail }: TreePlanInput,
): Promise<LaunchPlan> {
  const host = { platform: effective.platform, hasDev: isDirectory(be.path, 'dev') }
  return TREE_LAUNCHES[launch].plan({ be, host, options, command, jail })
}

const isDirectory = (root: string, path: string): boolean =>
  findPlace(root, path, { follow: 'none' })?.stat?.isDirectory() ?? false
