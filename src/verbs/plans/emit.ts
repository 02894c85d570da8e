import { missingToBoot } from '../../be/missing.ts'
import { LAUNCH_TEXTS } from '../../boot/texts/launch-texts.ts'
import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { LAUNCHES, MACHINE_LAUNCHES, type MachineLaunchName, TREE_LAUNCHES } from '../../launch/index.ts'
import { readMac } from '../../machines/mac.ts'
import type { Machine } from '../../machines/machine.ts'
import { withShares } from '../../nfs/share-list.ts'
import { beName } from '../environments/names.ts'
import { shareRequest } from '../shares/request.ts'
import { type TreeLab, treeCommandText } from '../trees/run.ts'
import { type LaunchPlanLab, launchPlan, launchText } from '../vms/plan.ts'
import { planInputFor } from './input.ts'

/** What `be emit` prints. */
export const EMIT_KINDS = [...Object.keys(LAUNCH_TEXTS), 'exports', ...LAUNCHES]

export interface EmitInput {
  /** One of EMIT_KINDS. */
  kind: string
  name: string
  /** Name or MAC of the machine that it is for. */
  machine?: string
}

type EmitLab = TreeLab & LaunchPlanLab & Pick<Lab, 'nfs' | 'subnets'>

/**
 * A text that starts or exports a boot environment, for one machine if given; mountd is asked now for the file handles
 * in it. Throws BE_EMIT_KIND, BE_NOT_SHARED, and what the plan of a launch throws.
 */
export async function emit(lab: EmitLab, { kind, name: text, machine }: EmitInput): Promise<string> {
  const name = beName(lab, text)
  if (!EMIT_KINDS.includes(kind)) throw unknownKind(kind)
  if (kind === 'exports') return exportsText(lab, name)
  if (kind in TREE_LAUNCHES) return treeCommandText(lab, { launch: kind as keyof typeof TREE_LAUNCHES, name })
  if (kind in MACHINE_LAUNCHES) {
    const whose = machine === undefined ? undefined : machineOrMac(lab, machine)
    return launchText(
      lab,
      await launchPlan(lab, { launch: kind as MachineLaunchName, be: name, machine: whose }),
    )
  }
  return bootText(lab, kind, name, machine)
}

async function exportsText(lab: EmitLab, name: string): Promise<string> {
  const shares = withShares(lab.shares.all(), [await shareRequest(lab, { name })])
  const driver = await lab.nfs.driver()
  return driver.fragment(shares.find(({ be }) => be === name)!).text
}

async function bootText(lab: EmitLab, kind: string, be: string, machine?: string): Promise<string> {
  const mac = machine === undefined ? '' : (readMac(machine) ?? lab.inventory.find(machine).mac)
  const input = await planInputFor(lab, { be, mac })
  // Whatever the firmware is, there must be something to load.
  const missing = kind === 'ipxe' ? missingToBoot(input.be!, 'uefi') : undefined
  if (missing !== undefined) throw missing
  return LAUNCH_TEXTS[kind]!(input)
}

/** A machine of the inventory by name or MAC, or one of a MAC that the inventory does not have. */
function machineOrMac({ inventory }: EmitLab, nameOrMac: string): Machine {
  const mac = readMac(nameOrMac)
  const known = mac === undefined ? inventory.find(nameOrMac) : inventory.get(mac)
  return known ?? { name: mac!.replaceAll(':', '-'), mac: mac! }
}

const unknownKind = (kind: string): BeError =>
  new BeError('BE_EMIT_KIND', `nothing called ${kind} to emit`, {
    expected: EMIT_KINDS.join(', '),
  })
