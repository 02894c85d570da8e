import { run } from '../../host/run.ts'
import type { Lab } from '../../lab/lab.ts'
import { render } from '../../launch/common/render.ts'
import { runForeground } from '../../launch/common/tree/foreground.ts'
import { checkJailOptions, type JailOption } from '../../launch/common/tree/jail-parameters.ts'
import { SHELL } from '../../launch/common/tree/tree.ts'
import { beName } from '../environments/names.ts'
import { checkNotJailed } from './find-jail.ts'
import { runnableEnvironment, treePlan } from './plan.ts'
import { acquireTree, type TreeUsersLab } from './tree-users.ts'

/** A command in the tree of a boot environment, on this host. */
export interface RunInTreeInput {
  launch: 'jail' | 'chroot'
  name: string
  /** A shell when empty. */
  command: readonly string[]
  /** jail(8) parameters. */
  options?: readonly JailOption[]
  /** -U: what was mounted stays, and on FreeBSD the jail. */
  leave?: boolean
  timeoutMs?: number
}

export type TreeLab = TreeUsersLab & Pick<Lab, 'settings' | 'assignments' | 'say' | 'dryRun'>

/**
 * Runs a command in a boot environment: mounts its file systems where they are not, and takes back all that was made,
 * interrupted or not. Resolves with the command's exit status; with -n with the text of what would be run.
 *
 * Throws BE_INSTALLING, BE_OS_MISMATCH, BE_ARCH_MISMATCH, BE_COMMAND_MISSING, BE_JAIL_PARAMETER, and what the steps throw.
 */
export async function runInTree(lab: TreeLab, input: RunInTreeInput): Promise<number | string> {
  const { launch, options, leave } = input
  const { platform } = lab.effective
  checkJailOptions(options ?? [], platform)
  const name = beName(lab, input.name)
  const command = input.command.length > 0 ? input.command : SHELL
  const plan = async () =>
    treePlan(lab, { launch, be: await runnableEnvironment(lab, name, command[0]!), command, options })
  if (lab.dryRun) return render(await plan())
  if (launch === 'jail') await checkNotJailed(lab, name)
  warnOfWriters(lab, name)
  return runForeground({
    run: lab.run ?? run,
    platform,
    outerSteps: [acquireTree(lab, name, leave)],
    plan,
    keep: () => leave === true,
    ...(input.timeoutMs !== undefined && { timeoutMs: input.timeoutMs }),
    warn: lab.say,
  })
}

/** What `be jail BE` or `be chroot BE` would run, as lines of sh(1). Throws as runInTree does. */
export async function treeCommandText(
  lab: TreeLab,
  { launch, name }: Pick<RunInTreeInput, 'launch' | 'name'>,
): Promise<string> {
  const be = await runnableEnvironment(lab, name, SHELL[0]!)
  return render(await treePlan(lab, { launch, be, command: SHELL }))
}

/** Two systems that write to one tree overwrite each other's files below /var. */
function warnOfWriters({ shares, assignments, say }: TreeLab, name: string): void {
  if (shares.get(name)?.readOnly !== false) return
  const uses = assignments.usesOf(name)
  if (uses.length > 0) say(`${name} is shared writable and ${uses.join(', ')}: they may be running it now`)
}
