import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { change, type Step } from '../../host/change.ts'
import { startDaemon, stopDaemon } from '../../host/daemon.ts'
import type { LaunchPlan } from '../../launch/common/launch.ts'
import { render } from '../../launch/common/render.ts'
import { checkJailOptions, type JailOption } from '../../launch/common/tree/jail-parameters.ts'
import { poll } from '../../net/poll.ts'
import { beName } from '../environments/names.ts'
import { checkNotJailed, findJails, type Jail, jailFiles } from './find-jail.ts'
import { runnableEnvironment, treePlan } from './plan.ts'
import type { TreeLab } from './run.ts'
import { TreeUse } from './tree-users.ts'

export interface StartJailInput {
  /** Name of the boot environment. */
  name: string
  /** jail(8) parameters. */
  options: readonly JailOption[]
}

/** Time limit (ms) for making the namespaces. */
const READY_MS = 10_000

/**
 * `be jail -b`: makes a persistent jail without a command; what was made is undone when a step fails. With -n resolves
 * with the text of what would be run. Throws what runInTree throws, and BE_JAIL_FAILED.
 */
export async function startJail(
  lab: TreeLab,
  { name: text, options }: StartJailInput,
): Promise<Jail | string> {
  checkJailOptions(options, lab.effective.platform)
  const name = beName(lab, text)
  const use = new TreeUse(lab, name, { jail: options })
  const plan = async () => {
    const be = await runnableEnvironment(lab, name)
    return treePlan(lab, { launch: 'jail', be, options, jail: use.jail })
  }
  if (lab.dryRun) return render(await plan())
  await checkNotJailed(lab, name)
  const make: Step = { what: `make a jail of ${name}`, apply: async () => makeJail(lab, use, await plan()) }
  await change([use.step, make])
  await use.settle()
  const [jail] = await findJails(lab, name)
  if (jail === undefined) throw jailFailed(name, 'it has ended already')
  return jail
}

function makeJail(lab: TreeLab, use: TreeUse, { before, main, be }: LaunchPlan): Promise<void> {
  const steps = before.map(step => use.stepOf(step))
  const last: Step =
    lab.effective.platform === 'linux'
      ? { what: main.what, apply: () => keepNamespaces(lab, be, main.argv) }
      : use.stepOf({ do: main })
  return change([...steps, last])
}

/** Linux: starts the process that keeps the namespaces as long as it runs; it prints `ready` when they are made. */
async function keepNamespaces({ stateDir, clock }: TreeLab, be: string, argv: string[]): Promise<void> {
  const files = jailFiles(stateDir, be)
  await mkdir(dirname(files.logFile), { recursive: true, mode: 0o750 })
  await rm(files.logFile, { force: true })
  const { pid, ended } = await startDaemon(argv, files, 'linux')
  let over = false
  ended.finally(() => {
    over = true
  })
  const printed = () => readFile(files.logFile, 'utf8')
  const isReady = async () => /^ready$/m.test(await printed())
  await poll(clock, { everyMs: 10, limitMs: READY_MS }, async () => over || (await isReady()))
  if (!over && (await isReady())) return
  await stopDaemon(pid, files.pidFile, clock, 0)
  throw jailFailed(be, (await printed()).trimEnd().split('\n').at(-1) || 'no word of it')
}

const jailFailed = (be: string, why: string): BeError =>
  new BeError('BE_JAIL_FAILED', `cannot jail ${be}: ${why}`)
