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

/** The kinds of text that `be emit` prints. */
export const EMIT_KINDS = [...Object.keys(LAUNCH_TEXTS), 'exports', ...LAUNCHES]

export interface EmitInput {
  /** One of EMIT_KINDS. */
  kind: string
  /** Name of the boot environment. */
  name: string
  /** Name or MAC of the machine that it is for. */
  machine?: string
}

type EmitLab = TreeLab & LaunchPlanLab & Pick<Lab, 'nfs' | 'subnets'>

/**
 * A text that starts or exports a boot environment, for one machine if given, with the file handles that mountd grants
 * now. Throws BE_EMIT_KIND, BE_NOT_SHARED, and what the plan of a launch throws.
 */
export async function emit(lab: EmitLab, { kind, name: text, machine }: EmitInput): Promise<string> {
  const name = beName(lab, text)
  if (!EMIT_KINDS.includes(kind)) throw unknownKind(kind)
  if (kind === 'exports') return exportsText(lab, name)
  if (kind in TREE_LAUNCHES) return treeCommandText(lab, { launch: kind as keyof typeof TREE_LAUNCHES, name })
  if (kind in MACHINE_LAUNCHES) {
    const launch = kind as MachineLaunchName
    const target = machine === undefined ? undefined : machineOrMac(lab, machine)
    return launchText(lab, await launchPlan(lab, { launch, be: name, machine: target }))
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
  // Which firmware will run the script is not known: something to load is required all the same.
  const loads = kind === 'ipxe' || (kind === 'grub' && input.be!.kind === 'linux')
  const missing = loads ? missingToBoot(input.be!, 'uefi') : undefined
  if (missing !== undefined) throw missing
  return LAUNCH_TEXTS[kind]!(input)
}

/** A machine of the inventory, or one made up for a MAC that the inventory does not have. */
function machineOrMac({ inventory }: EmitLab, nameOrMac: string): Machine {
  const mac = readMac(nameOrMac)
  const known = mac === undefined ? inventory.find(nameOrMac) : inventory.get(mac)
  return known ?? { name: mac!.replaceAll(':', '-'), mac: mac! }
}

const unknownKind = (kind: string): BeError =>
  new BeError('BE_EMIT_KIND', `nothing called ${kind} to emit`, {
    expected: EMIT_KINDS.join(', '),
  })
