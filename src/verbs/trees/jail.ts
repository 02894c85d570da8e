import { mkdir, readFile, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { parseBeName } from '../../be/name.ts'
import { BeError } from '../../errors/errors.ts'
import { change, type Step } from '../../host/change.ts'
import { startDaemon, stopDaemon } from '../../host/daemon.ts'
import { run } from '../../host/run.ts'
import type { LaunchPlan } from '../../launch/common/launch.ts'
import { render } from '../../launch/common/render.ts'
import { retry, stepOf } from '../../launch/common/steps.ts'
import { checkJailOptions, type JailOption } from '../../launch/common/tree/jail-parameters.ts'
import { removeJail } from '../../launch/jail.ts'
import { sleep } from '../../net/net.ts'
import { checkNotJailed, findJail, isMountPoint, type Jail, jailFiles } from './find-jail.ts'
import { planJail, readBe, type TreeLab } from './run.ts'
import { acquireTree, releaseTree } from './tree-users.ts'

/** How long namespaces may take until they stand, in milliseconds. */
const READY_MS = 10_000

/**
 * `be jail -b`: a jail that stays, without a command. All of it or nothing; with -n the text of what would be
 * run. Throws what runInside throws, and BE_JAIL_FAILED.
 */
export async function startJail(
  ground: TreeLab,
  text: string,
  options: readonly JailOption[],
): Promise<Jail | string> {
  checkJailOptions(options, ground.effective.platform)
  const name = parseBeName(text, ground.settings['be.parent'])
  const plan = async () => planJail(ground, await readBe(ground, name), options)
  if (ground.dryRun) return render(await plan())
  await checkNotJailed(ground, name)
  const make: Step = { what: `make a jail of ${name}`, apply: async () => stand(ground, await plan()) }
  await change([acquireTree(ground, name), make])
  const jailed = await findJail(ground, name)
  if (jailed === undefined) throw failed(name, 'it has ended already')
  return jailed
}

function stand(ground: TreeLab, { before, main, be }: LaunchPlan): Promise<void> {
  const where = { run: ground.run ?? run, platform: ground.effective.platform }
  const steps = before.map(step => stepOf(step, where))
  const last: Step =
    where.platform === 'linux'
      ? { what: main.what, apply: () => keepNamespaces(ground, be, main.argv) }
      : stepOf({ do: main }, where)
  return change([...steps, last])
}

/** A process of its own keeps them; it prints `ready` when they stand. */
async function keepNamespaces({ stateDir, clock }: TreeLab, be: string, argv: string[]): Promise<void> {
  const files = jailFiles(stateDir, be)
  await mkdir(dirname(files.logFile), { recursive: true, mode: 0o750 })
  await rm(files.logFile, { force: true })
  const { pid, ended } = await startDaemon(argv, files, 'linux')
  let over = false
  ended.finally(() => {
    over = true
  })
  const said = () => readFile(files.logFile, 'utf8')
  for (const end = clock.monotonic() + READY_MS; !over && clock.monotonic() < end; await sleep(clock, 10)) {
    if (/^ready$/m.test(await said())) return
  }
  await stopDaemon(pid, files.pidFile, clock, 0)
  throw failed(be, (await said()).trimEnd().split('\n').at(-1) || 'no word of it')
}

const failed = (be: string, why: string): BeError =>
  new BeError('BE_JAIL_FAILED', `cannot jail ${be}: ${why}`, { exit: 'unavailable' })

/**
 * Ends the jail of a BE, kills what runs in it, and unmounts the BE unless it is shared. Answers the BE's name.
 * Throws BE_NOT_JAILED, and what unmounting throws.
 */
export async function endJail(ground: TreeLab, text: string): Promise<string> {
  const { platform } = ground.effective
  const jailed = await findJail(ground, parseBeName(text, ground.settings['be.parent']))
  if (jailed === undefined) {
    throw new BeError('BE_NOT_JAILED', `no jail of ${text}`, {
      expected: `a boot environment${platform === 'freebsd' ? ', jid or jail' : ''} that be jail -b left`,
      exit: 'data',
    })
  }
  const { be, id } = jailed
  if (ground.dryRun) ground.say(`would end the jail of ${be} (${id}) and unmount ${be}`)
  else if (platform === 'linux') {
    const { pidFile, logFile } = jailFiles(ground.stateDir, be)
    await stopDaemon(Number(id), pidFile, ground.clock, 0)
    await rm(logFile, { force: true })
  } else await removeFreebsdJail(ground, jailed)
  if (!ground.dryRun) await retry(() => releaseTree(ground, be))
  return be
}

async function removeFreebsdJail(ground: TreeLab, { be, id }: Jail): Promise<void> {
  const options = { timeoutMs: 60_000, platform: 'freebsd' as const }
  const runner = ground.run ?? run
  await runner(removeJail(id), options)
  const dev = join((await ground.store.get(be)).path, 'dev')
  if (!(await isMountPoint(dev))) return
  await retry(async () => {
    await runner(['umount', dev], options)
  })
}
