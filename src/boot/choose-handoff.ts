import { BeError } from '../errors/errors.ts'
import type { Handoff, PlanInput } from './plan-input.ts'

/**
 * Chooses how the root is handed over. A handoff that boot.handoff sets is never replaced by another: where it
 * cannot work for this client, the boot is refused. Throws BE_HANDOFF.
 */
export function chooseHandoff(input: PlanInput): { handoff: Handoff; why: string } {
  const { client, be, handoff } = input
  if (be!.kind === 'linux') return { handoff: 'arguments', why: 'Linux takes its root on the command line' }
  if (handoff !== 'auto') {
    const obstacle = OBSTACLES[handoff](input)
    if (obstacle !== undefined) throw cannot(handoff, obstacle)
    return { handoff, why: 'boot.handoff says so' }
  }
  const choices = candidates(input)
  const possible = choices.find(([candidate]) => OBSTACLES[candidate](input) === undefined)
  if (possible !== undefined) return { handoff: possible[0], why: possible[1] }
  const [preferred] = choices[0]!
  const hint = client.firmware === 'bios' ? rootPathHint(input) : undefined
  throw cannot(preferred, OBSTACLES[preferred](input)!, hint)
}

/** Handoffs that boot.handoff = "auto" may choose, the preferred one first. */
function candidates({ client, mode }: PlanInput): [Handoff, string][] {
  if (client.stage === 'http') return [['http', 'the firmware came by HTTP']]
  if (mode === 'proxy')
    return [['arguments', 'behind another DHCP server only iPXE can tell the loader its root']]
  return [
    ['nfs', 'the NFS host answers on UDP'],
    ['tftp', 'the NFS host does not answer on UDP; the handle goes by DHCP'],
  ]
}

/** Why a handoff cannot work for this client; undefined when it can. */
const OBSTACLES: Record<Handoff, (input: PlanInput) => string | undefined> = {
  nfs: input => noRootPath(input) ?? (input.root?.udp ? undefined : 'the NFS host does not answer on UDP'),
  tftp: input => noRootPath(input) ?? tooOld(input, 12, 'takes no tftp:// root-path'),
  http: input =>
    input.client.stage !== 'http' && input.client.stage !== 'loader'
      ? 'the firmware did not come by HTTP'
      : tooOld(input, 13, 'has no HTTP'),
  arguments: input =>
    input.client.firmware === 'bios'
      ? 'pxeboot takes no arguments'
      : tooOld(input, 13, 'takes no network arguments'),
}

/** Why a root-path option cannot reach the loader; undefined when it can. */
const noRootPath = ({ mode, client }: PlanInput): string | undefined => {
  if (client.stage === 'http') return 'HTTP firmware hands over to a loader that reads by HTTP'
  return mode === 'proxy' ? "root-path can come only from the lab's own DHCP server" : undefined
}

/** Why the loader is too old; a tree whose release is unknown counts as new. */
function tooOld({ be }: PlanInput, major: number, lacks: string): string | undefined {
  const release = Number.parseInt(be!.release ?? '', 10)
  return release < major ? `the loader of ${be!.release} ${lacks}` : undefined
}

const rootPathHint = ({ mode, root }: PlanInput): string | undefined =>
  mode === 'proxy' && root !== undefined
    ? `make the lab's DHCP server send root-path "${root.server}:${root.path}", or set dhcp.mode = "authority"`
    : undefined

const cannot = (handoff: Handoff, obstacle: string, hint?: string): BeError =>
  new BeError('BE_HANDOFF', `handoff ${handoff} cannot work here: ${obstacle}`, {
    hint: hint ?? 'set boot.handoff to another one, or "auto"',
  })
