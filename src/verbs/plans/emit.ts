import { missingToBoot } from '../../be/missing.ts'
import { LAUNCH_TEXTS } from '../../boot/launch.ts'
import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import type { LaunchName } from '../../launch/common/launch.ts'
import { readMac } from '../../machines/mac.ts'
import { notShared, withShares } from '../../nfs/share-list.ts'
import { shareRequest } from '../shares/share.ts'
import { treeCommandText } from '../trees/run.ts'
import { addressOf, launchPlan, launchText, MACHINE_LAUNCHES, machineFor } from '../vms/plan.ts'
import { clientAs } from './explain.ts'

/** What `be emit` prints. */
export const EMIT_KINDS = [
  ...Object.keys(LAUNCH_TEXTS),
  'exports',
  ...Object.keys(MACHINE_LAUNCHES),
  'jail',
  'chroot',
]

/**
 * A text that starts or exports a boot environment, for one machine if given, file handles in it asked from
 * mountd now. Throws BE_EMIT_KIND, BE_NOT_SHARED, and what the plan of a launch throws.
 */
export async function emitText(rooms: Lab, kind: string, be: string, machine?: string): Promise<string> {
  if (!EMIT_KINDS.includes(kind)) throw unknownKind(kind)
  if (kind === 'exports') return exportsText(rooms, be)
  if (kind === 'jail' || kind === 'chroot') return treeCommandText(rooms, kind, be)
  if (kind in MACHINE_LAUNCHES) {
    const whose = machine === undefined ? undefined : machineFor(rooms, machine)
    return launchText(rooms, await launchPlan(rooms, kind as LaunchName, be, whose))
  }
  return bootText(rooms, kind, be, machine)
}

async function exportsText(rooms: Lab, name: string): Promise<string> {
  const shares = withShares(rooms.shares.all(), [await shareRequest(rooms, name)])
  const driver = await rooms.nfsDriver()
  return driver.fragment(shares.find(({ be }) => be === name)!).text
}

async function bootText(rooms: Lab, kind: string, be: string, machine?: string): Promise<string> {
  const mac = machine === undefined ? '' : (readMac(machine) ?? rooms.inventory.find(machine).mac)
  const ip = mac === '' ? undefined : await addressOf(rooms, mac)
  const client = { ...clientAs('uefi', mac), ...(ip !== undefined && { ip }) }
  const input = await rooms.planner.input(client, { be })
  if (input.problem !== undefined) throw input.problem
  if (input.root === undefined) throw notShared(be)
  // Whatever the firmware is, there must be something to load.
  const missing = kind === 'ipxe' ? missingToBoot(input.be!, 'uefi') : undefined
  if (missing !== undefined) throw missing
  return LAUNCH_TEXTS[kind]!(input)
}

const unknownKind = (kind: string): BeError =>
  new BeError('BE_EMIT_KIND', `nothing called ${kind} to emit`, {
    expected: EMIT_KINDS.join(', '),
    exit: 'usage',
  })
