import { type Interface, interfaces } from '../host/interfaces.ts'
import type { Platform } from '../host/platform.ts'
import { run as localRun, type Run } from '../host/run.ts'
import type { LaunchStep, MadeBridge } from './launch.ts'

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
  const last = there.note === BRIDGE_MARK ? making.at(-1) : undefined
  return steps.flatMap(step => {
    if (step.bridge === undefined) return [step]
    return step === last && first.undo !== undefined ? [{ ...step, undo: first.undo }] : []
  })
}

/** Whether a bridge may be taken away: it is there, and carries nobody else. */
export async function mayGo(bridge: MadeBridge, ground: Ground): Promise<boolean> {
  const there = await find(bridge, ground)
  return there !== undefined && there.ports!.every(port => port === bridge.uplink)
}

async function find(
  { name }: MadeBridge,
  { platform, run = localRun }: Ground,
): Promise<Interface | undefined> {
  const all = await interfaces(platform, run)
  return all.find(one => one.name === name && one.ports !== undefined)
}
