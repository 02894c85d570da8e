import type { Handoff, PlanInput } from '../plan-input.ts'
import { handleText, type Variable } from './variable.ts'

/** What FreeBSD's loader gets by DHCP or as arguments, the most necessary first: the end is what gets cut off. */
export const loaderVariables = (input: PlanInput, handoff: Handoff): Variable[] => [
  ...rootVariables(input, handoff),
  ...identityVariables(input),
  ...input.loaderVariables,
]

/** By NFS the loader gets the root's file handle from mountd itself; otherwise the handle is sent. */
function rootVariables({ root, nfsOptions }: PlanInput, handoff: Handoff): Variable[] {
  const options: Variable[] = nfsOptions === '' ? [] : [['boot.nfsroot.options', nfsOptions]]
  if (handoff === 'nfs' || (handoff === 'arguments' && root!.udp)) return [...options, READ_SIZE]
  return [
    ['boot.nfsroot.nfshandle', handleText(root!.handle)],
    ['boot.nfsroot.nfshandlelen', String(root!.handle.length)],
    ['boot.nfsroot.server', root!.server],
    ...options,
  ]
}

/**
 * The largest read whose reply still fits one Ethernet frame: with larger ones the loader loses fragments and
 * stalls for good; with its default of 1024 it reads 14 % slower (stand/libsa/nfs.c).
 */
const READ_SIZE: Variable = ['nfs.read_size', '1344']

/** Which boot environment runs on which machine, for its own scripts; nothing of it is written into the tree. */
export function identityVariables({ be, machine }: PlanInput): Variable[] {
  return [
    ['nbe.be', be!.name],
    ...(machine === undefined ? [] : ([['nbe.machine', machine.name]] as Variable[])),
  ]
}
