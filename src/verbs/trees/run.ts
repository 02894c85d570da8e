import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import type { BootEnvironment } from '../../be/be.ts'
import { refuseInstalling } from '../../be/installing.ts'
import { parseBeName } from '../../be/name.ts'
import { type Run, run } from '../../host/run.ts'
import type { Lab } from '../../lab/lab.ts'
import type { LaunchPlan } from '../../launch/common/launch.ts'
import { render } from '../../launch/common/render.ts'
import { runForeground } from '../../launch/common/tree/foreground.ts'
import { checkJailOptions, type JailOption } from '../../launch/common/tree/jail-parameters.ts'
import { checkCommand, checkRunsHere, hostArch } from '../../launch/common/tree/runs-here.ts'
import { SHELL } from '../../launch/common/tree/tree.ts'
import { TREE_LAUNCHES } from '../../launch/index.ts'
import { checkNotJailed } from './find-jail.ts'
import { acquireTree } from './tree-users.ts'

/** A command in the tree of a boot environment, on this host. */
export interface TreeCommand {
  launch: 'jail' | 'chroot'
  /** `test`, or `bd/be/test`. */
  be: string
  /** A shell when empty. */
  command: readonly string[]
  /** jail(8) parameters. */
  options?: readonly JailOption[]
  /** -U: what was mounted stays, and on FreeBSD the jail. */
  leave?: boolean
  timeoutMs?: number
}

/** What jails and chroots need of the appliance. */
export type TreeLab = Pick<
  Lab,
  'settings' | 'effective' | 'store' | 'shares' | 'assignments' | 'stateDir' | 'clock' | 'say' | 'dryRun'
> & { run?: Run }

/**
 * Runs a command in a BE: mounts its file systems where they are not, and takes back all that was made,
 * interrupted or not. Answers the command's exit status; with -n the text of what would be run.
 *
 * Throws BE_INSTALLING, BE_OS_MISMATCH, BE_ARCH_MISMATCH, BE_COMMAND_MISSING, BE_JAIL_PARAMETER, and what the steps throw.
 */
export async function runInTree(ground: TreeLab, wanted: TreeCommand): Promise<number | string> {
  const { effective, say, dryRun } = ground
  checkJailOptions(wanted.options ?? [], effective.platform)
  const name = parseBeName(wanted.be, ground.settings['be.parent'])
  const command = wanted.command.length > 0 ? wanted.command : SHELL
  const plan = async () => planInside(ground, wanted, await readBe(ground, name, command[0]!), command)
  if (dryRun) return render(await plan())
  if (wanted.launch === 'jail') await checkNotJailed(ground, name)
  tellWriters(ground, name)
  return runForeground({
    run: ground.run ?? run,
    platform: effective.platform,
    outerSteps: [acquireTree(ground, name, wanted.leave)],
    plan,
    keep: () => wanted.leave === true,
    ...(wanted.timeoutMs !== undefined && { timeoutMs: wanted.timeoutMs }),
    warn: say,
  })
}

/** What `be jail BE` or `be chroot BE` would run, as lines of sh(1). Throws as runInside does. */
export async function treeCommandText(
  ground: TreeLab,
  launch: TreeCommand['launch'],
  name: string,
): Promise<string> {
  return render(await planInside(ground, { launch }, await readBe(ground, name, SHELL[0]!), SHELL))
}

/** The BE, when its programs can run here; with -n a tree that is not mounted is taken as it is. */
export async function readBe(ground: TreeLab, name: string, command?: string): Promise<BootEnvironment> {
  const be = await ground.store.get(name)
  refuseInstalling(be)
  const isThere = (await ground.store.fileSystems(name)).every(({ mounted }) => mounted)
  if (!isThere) return be
  await checkRunsHere(be, { platform: ground.effective.platform, arch: hostArch() })
  if (command !== undefined) await checkCommand(be.path, command)
  return be
}

async function planInside(
  ground: TreeLab,
  { launch, options }: Pick<TreeCommand, 'launch' | 'options'>,
  be: BootEnvironment,
  command: readonly string[] | undefined,
): Promise<LaunchPlan> {
  const host = { platform: ground.effective.platform, hasDev: await isDirectory(join(be.path, 'dev')) }
  return TREE_LAUNCHES[launch].plan({ be, host, ...(options && { options }), ...(command && { command }) })
}

/** A jail without a command: the plan ends when it stands. */
export const planJail = (ground: TreeLab, be: BootEnvironment, options: readonly JailOption[]) =>
  planInside(ground, { launch: 'jail', options }, be, undefined)

/** Two systems that write one tree spoil each other's /var. */
function tellWriters({ shares, assignments, say }: TreeLab, name: string): void {
  if (shares.get(name)?.readOnly !== false) return
  const uses = assignments.usesOf(name)
  if (uses.length > 0) say(`${name} is shared writable and ${uses.join(', ')}: they may be running it now`)
}

const isDirectory = (path: string): Promise<boolean> =>
  lstat(path).then(
    stat => stat.isDirectory(),
    () => false,
  )
