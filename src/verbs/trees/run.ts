import type { Lab } from '../../lab/lab.ts'
import { render } from '../../launch/common/render.ts'
import { runForeground } from '../../launch/common/tree/foreground.ts'
import { checkJailOptions, type JailOption } from '../../launch/common/tree/jail-parameters.ts'
import { SHELL } from '../../launch/common/tree/tree.ts'
import { beName } from '../environments/names.ts'
import { runnableEnvironment, treePlan } from './plan.ts'
import { TreeUse, type TreeUsersLab } from './tree-users.ts'

export interface RunInTreeInput {
  launch: 'jail' | 'chroot'
  /** Name of the boot environment. */
  name: string
  /** An argument vector; empty: a shell. */
  command: readonly string[]
  /** jail(8) parameters. */
  options?: readonly JailOption[]
  /** -U: leave what was mounted, and on FreeBSD the jail. */
  leave?: boolean
  /** After this time the command is ended. */
  timeoutMs?: number
}

export type TreeLab = TreeUsersLab & Pick<Lab, 'settings' | 'assignments' | 'say' | 'warn' | 'dryRun'>

/**
 * Runs a command in the tree of a boot environment on this host; mounts it if necessary. All that was set up is undone
 * afterwards, also when interrupted. Resolves with the command's exit status; with -n with the text of what would be run.
 *
 * Throws BE_INSTALLING, BE_OS_MISMATCH, BE_ARCH_MISMATCH, BE_COMMAND_MISSING, BE_JAIL_PARAMETER, and what the steps throw.
 */
export async function runInTree(lab: TreeLab, input: RunInTreeInput): Promise<number | string> {
  const { launch, options, leave } = input
  const { platform } = lab.effective
  checkJailOptions(options ?? [], platform)
  const name = beName(lab, input.name)
  const command = input.command.length > 0 ? input.command : SHELL
  const use = new TreeUse(lab, name, { leave, jail: launch === 'jail' ? (options ?? []) : undefined })
  const plan = async () => {
    const be = await runnableEnvironment(lab, name, command[0]!)
    return treePlan(lab, { launch, be, command, options, jail: use.jail })
  }
  if (lab.dryRun) return render(await plan())
  warnOfWriters(lab, name)
  const status = await runForeground({
    platform,
    outerSteps: [use.step],
    plan,
    stepOf: step => use.stepOf(step),
    started: pid => use.started(pid),
    keep: () => leave === true,
    timeoutMs: input.timeoutMs,
    warn: lab.warn,
  })
  if (leave) await use.settle()
  return status
}

/** What `be jail BE` or `be chroot BE` would run, as lines of sh(1). Throws as runInTree does. */
export async function treeCommandText(
  lab: TreeLab,
  { launch, name }: Pick<RunInTreeInput, 'launch' | 'name'>,
): Promise<string> {
  const be = await runnableEnvironment(lab, name, SHELL[0]!)
  return render(await treePlan(lab, { launch, be, command: SHELL }))
}

/** Warns if machines may be running the tree and writing to it: two systems overwrite each other's files below /var. */
function warnOfWriters({ shares, assignments, warn }: TreeLab, name: string): void {
  if (shares.get(name)?.readOnly !== false) return
  const uses = assignments.usesOf(name)
  if (uses.length > 0) warn(`${name} is shared writable and ${uses.join(', ')}: they may be running it now`)
}
