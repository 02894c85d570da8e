import { handleText, identityVariables, type Variable } from './environment.ts'
import type { Handoff, PlanInput } from './plan.ts'

/** Where TFTP and HTTP serve a boot environment's tree: `/be/<be>/boot/loader.efi`. */
export const bePath = (be: string, path: string): string => `/be/${be}${path === '' ? '' : `/${path}`}`

/** Where they serve the same tree as one machine sees it, virtual files included: `/m/<mac>/boot/loader.conf.local`. */
export const machinePath = (mac: string, path: string): string => `/m/${mac.replaceAll(':', '-')}/${path}`

/** The loader in the boot environment's tree that this firmware runs; that it is there was checked before. */
export const loaderFile = ({ client, be }: PlanInput): string =>
  (client.firmware === 'bios' ? be!.boots.pxeboot : be!.boots.loaderEfi)!

/**
 * What the loader must be told so that the kernel finds its root. By NFS it learns the handle itself;
 * otherwise it comes from us, first of all: what stands last would be the first to be cut.
 */
export function rootHandover({ root, nfsOptions }: PlanInput, handoff: Handoff): Variable[] {
  const options: Variable[] = nfsOptions === '' ? [] : [['boot.nfsroot.options', nfsOptions]]
  if (handoff === 'nfs' || (handoff === 'arguments' && root!.udp)) return [...options, readSize]
  return [
    ['boot.nfsroot.nfshandle', handleText(root!.handle)],
    ['boot.nfsroot.nfshandlelen', String(root!.handle.length)],
    ['boot.nfsroot.server', root!.server],
    ...options,
  ]
}

/**
 * The largest read whose reply still fits one Ethernet frame: the loader loses fragments and stalls for
 * good above it, and reads 14 % slower with its own 1024 (stand/libsa/nfs.c).
 */
const readSize: Variable = ['nfs.read_size', '1344']

/** The names by which a machine knows itself. */
export const identity = ({ be, machine }: PlanInput): Variable[] => identityVariables(be!.name, machine?.name)

/** What FreeBSD's loader is told by DHCP, what it needs most first. */
export const loaderVariables = (input: PlanInput, handoff: Handoff): Variable[] => [
  ...rootHandover(input, handoff),
  ...identity(input),
  ...input.loaderVariables,
]
