import type { Client } from '../../boot/client.ts'
import { optionSpace } from '../../boot/options/option-space.ts'
import { BeError } from '../../errors/errors.ts'

/** The kinds of client that a plan can be made for. */
export const CLIENT_KINDS = ['bios', 'uefi', 'ipxe', 'loader', 'http'] as const

const CLIENTS: Record<(typeof CLIENT_KINDS)[number], Partial<Client>> = {
  bios: { stage: 'firmware', firmware: 'bios', arch: 'amd64', optionSpace: optionSpace(1472) },
  uefi: { stage: 'firmware', firmware: 'uefi', arch: 'amd64', optionSpace: optionSpace(1472) },
  ipxe: { stage: 'ipxe', firmware: 'uefi', arch: 'amd64', optionSpace: optionSpace(1472) },
  loader: { stage: 'loader' },
  http: { stage: 'http', firmware: 'uefi', arch: 'amd64', optionSpace: optionSpace(1472) },
}

/** A client with the options that real firmware of this kind sends. Throws BE_EXPLAIN_AS. */
export function clientAs(kind: string, mac: string): Client {
  if (!isKind(kind)) {
    throw new BeError('BE_EXPLAIN_AS', `--as ${kind}`, { expected: CLIENT_KINDS.join(', ') })
  }
  return { stage: 'firmware', optionSpace: optionSpace(undefined), ...CLIENTS[kind], mac }
}

const isKind = (kind: string): kind is keyof typeof CLIENTS => Object.hasOwn(CLIENTS, kind)
