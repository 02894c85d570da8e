import { readdir } from 'node:fs/promises'
import { type Interface, listInterfaces } from '../../../host/interfaces.ts'
import type { Platform } from '../../../host/platform.ts'
import { run as localRun, type Run } from '../../../host/run.ts'
import type { LaunchStep, VmBridge } from '../launch.ts'
import { vmFiles, vmRoot } from '../vm/files.ts'
import { isActive, readState } from '../vm/state.ts'

/** Marks bridges that a launch created: ifalias on Linux (ip-link(8)), description on FreeBSD (ifconfig(8)). */
export const BRIDGE_MARK = 'nbe'

interface BridgeContext {
  platform: Platform
  run?: Run
}

/**
 * The steps that remain to be taken on this host. Those that create a bridge are left out where it exists. If it
 * has our mark, the last of them remains, with the undo: the bridge is destroyed by whichever machine ends last.
 */
export async function stepsForHost(
  steps: readonly LaunchStep[],
  context: BridgeContext,
): Promise<LaunchStep[]> {
  const creating = steps.filter(step => step.bridge !== undefined)
  const [first] = creating
  if (first === undefined) return [...steps]
  const existing = await find(first.bridge!, context)
  if (existing === undefined) return [...steps]
  // The last step, which brings the bridge up, is repeated: the start that created it may have been cut short.
  const last = existing.description === BRIDGE_MARK ? creating.at(-1) : undefined
  return steps.flatMap(step => {
    if (step.bridge === undefined) return [step]
    return step === last && first.undo !== undefined ? [{ ...step, undo: first.undo }] : []
  })
}

/** Whether a bridge exists, has no members but its uplink, and is used by no machine but this one. */
export async function isBridgeUnused(
  bridge: VmBridge,
  context: BridgeContext & { stateDir: string; machine: string },
): Promise<boolean> {
  const existing = await find(bridge, context)
  if (existing === undefined || existing.ports!.some(port => port !== bridge.uplink)) return false
  return !(await isUsedByOthers(bridge, context))
}

/** By their states: a machine that is starting may not be a member yet (Xen's scripts add it late). */
async function isUsedByOthers(
  { name }: VmBridge,
  { stateDir, machine }: { stateDir: string; machine: string },
): Promise<boolean> {
  const others = (await readdir(vmRoot(stateDir)).catch(() => [])).filter(other => other !== machine)
  const states = await Promise.all(others.map(other => readState(vmFiles(stateDir, other))))
  return states.some(
    state => state !== undefined && isActive(state) && state.undo.some(({ bridge }) => bridge?.name === name),
  )
}

async function find(
  { name }: VmBridge,
  { platform, run = localRun }: BridgeContext,
): Promise<Interface | undefined> {
  const all = await listInterfaces(platform, run)
  return all.find(one => one.name === name && one.ports !== undefined)
}
