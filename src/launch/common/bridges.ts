import { readdir } from 'node:fs/promises'
import { type Interface, listInterfaces } from '../../host/interfaces.ts'
import type { Platform } from '../../host/platform.ts'
import { run as localRun, type Run } from '../../host/run.ts'
import type { LaunchStep, MadeBridge } from './launch.ts'
import { isActive, readState, vmFiles, vmRoot } from './vm-dir.ts'

/** By this a bridge that we made is known again (ifalias on Linux, description on FreeBSD). */
export const BRIDGE_MARK = 'nbe'

/** Where bridges are looked for. */
interface Ground {
  platform: Platform
  run?: Run
}

/**
 * The steps that are to be taken as the bridges of this host stand now. One that is there is used: if it is of
 * ours, another machine's start made it, and the last of them all takes it away.
 */
export async function stepsNow(steps: readonly LaunchStep[], ground: Ground): Promise<LaunchStep[]> {
  const making = steps.filter(step => step.bridge !== undefined)
  const [first] = making
  if (first === undefined) return [...steps]
  const there = await find(first.bridge!, ground)
  if (there === undefined) return [...steps]
  // Whoever made it may have come no further than that: on is what it has to be.
  const last = there.description === BRIDGE_MARK ? making.at(-1) : undefined
  return steps.flatMap(step => {
    if (step.bridge === undefined) return [step]
    return step === last && first.undo !== undefined ? [{ ...step, undo: first.undo }] : []
  })
}

/** Whether a bridge may be taken away: it is there, carries nobody, and no machine but this one counts on it. */
export async function mayGo(
  bridge: MadeBridge,
  ground: Ground & { stateDir: string; machine: string },
): Promise<boolean> {
  const there = await find(bridge, ground)
  if (there === undefined || there.ports!.some(port => port !== bridge.uplink)) return false
  return !(await isCountedOn(bridge, ground))
}

/** What has started may not be plugged in yet: Xen's own scripts do that late. */
async function isCountedOn(
  { name }: MadeBridge,
  { stateDir, machine }: { stateDir: string; machine: string },
): Promise<boolean> {
  const others = (await readdir(vmRoot(stateDir)).catch(() => [])).filter(other => other !== machine)
  const states = await Promise.all(others.map(other => readState(vmFiles(stateDir, other))))
  return states.some(
    state => state !== undefined && isActive(state) && state.undo.some(({ bridge }) => bridge?.name === name),
  )
}

async function find(
  { name }: MadeBridge,
  { platform, run = localRun }: Ground,
): Promise<Interface | undefined> {
  const all = await listInterfaces(platform, run)
  return all.find(one => one.name === name && one.ports !== undefined)
}
