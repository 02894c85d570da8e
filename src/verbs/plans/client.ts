import type { Arch, BootEnvironment } from '../../be/be.ts'
import type { CheckedClient } from '../../be/check/finding.ts'
import type { Client } from '../../boot/client.ts'
import { optionSpace } from '../../boot/options/option-space.ts'
import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import type { RecordedBoot } from '../../lab/present-boots.ts'
import type { Machine } from '../../machines/machine.ts'

/** The kinds of client that a plan can be made for. */
export const CLIENT_KINDS = ['bios', 'uefi', 'ipxe', 'loader', 'http', 'os'] as const
export type ClientKind = (typeof CLIENT_KINDS)[number]

const SPACE = optionSpace(1472)

const CLIENTS: Record<ClientKind, Partial<Client>> = {
  bios: { stage: 'firmware', firmware: 'bios', arch: 'amd64', optionSpace: SPACE },
  uefi: { stage: 'firmware', firmware: 'uefi', arch: 'amd64', optionSpace: SPACE },
  ipxe: { stage: 'ipxe', firmware: 'uefi', arch: 'amd64', optionSpace: SPACE },
  loader: { stage: 'loader' },
  http: { stage: 'http', firmware: 'uefi', arch: 'amd64', optionSpace: SPACE },
  os: { stage: 'os' },
}

/**
 * A client with the options that real firmware of this kind sends, on a processor of this architecture; default: amd64
 * where the kind announces one. Throws BE_EXPLAIN_AS.
 */
export function clientAs(kind: string, mac: string, arch?: Arch): Client {
  if (!isKind(kind)) {
    throw new BeError('BE_EXPLAIN_AS', `--as ${kind}`, { expected: CLIENT_KINDS.join(', ') })
  }
  // A BIOS announces the same type whatever its processor is.
  const announces = kind !== 'bios' && CLIENTS[kind].arch !== undefined && arch !== undefined
  const own = announces ? { ...CLIENTS[kind], arch } : CLIENTS[kind]
  return { stage: 'firmware', optionSpace: optionSpace(undefined), ...own, mac }
}

const isKind = (kind: string): kind is ClientKind => Object.hasOwn(CLIENTS, kind)

/** How a machine boots, and how that is known. */
export interface KnownClient {
  kind: CheckedClient
  arch?: Arch
  /** For a person: `as it asked at 2026-11-28T18:00:00.000Z`. */
  because: string
}

/** How the machine boots, from its last boot, or else from the inventory; undefined when neither says. */
export function knownClient(
  { boots }: Pick<Lab, 'boots'>,
  mac: string,
  machine: Machine | undefined,
): KnownClient | undefined {
  const firmware = machine?.hardware?.firmware
  if (firmware === 'none') {
    return { kind: machine?.kind === 'xen' ? 'xen-pvh' : 'bhyveload', because: 'its host loads the kernel' }
  }
  const boot = boots.get(mac)?.boot
  if (boot?.firmware !== undefined) {
    return { ...clientOf(boot)!, because: `as it asked at ${new Date(boot.began).toISOString()}` }
  }
  return firmware && { kind: firmware, because: 'by its entry in the inventory' }
}

/** The kind of client that began a boot; undefined when its requests did not tell. */
export function clientOf({ firmware, arch, stages }: RecordedBoot): Omit<KnownClient, 'because'> | undefined {
  if (firmware === undefined) return undefined
  return { kind: stages[0] === 'http' ? 'http' : firmware, ...(arch && { arch: arch as Arch }) }
}

/** The firmware that machines for this boot environment usually have: a BIOS runs on x86 alone. */
export const usualKind = ({ arch, boots }: BootEnvironment): 'uefi' | 'bios' =>
  arch !== 'arm64' && boots.loaderEfi === undefined && boots.pxeboot !== undefined ? 'bios' : 'uefi'
