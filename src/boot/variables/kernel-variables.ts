import type { NfsRoot } from '../../nfs/root.ts'
import type { PlanInput } from '../plan-input.ts'
import { callBackVariables } from './call-back.ts'
import { identityVariables } from './loader-variables.ts'
import { handleText, type Variable } from './variable.ts'

/** The network configuration that FreeBSD's kernel gives its boot interface. */
export interface Netif {
  ip: string
  netmask: string
  /** Lower-case, colons; the kernel finds the interface by it. */
  hwaddr: string
  gateway?: string
}

/** The interface's variables, in the order in which the kernel reads them (sys/nfs/nfs_diskless.c). */
export function netifVariables(netif: Netif): Variable[] {
  return [
    ['boot.netif.hwaddr', netif.hwaddr],
    ['boot.netif.ip', netif.ip],
    ['boot.netif.netmask', netif.netmask],
    ...(netif.gateway === undefined ? [] : ([['boot.netif.gateway', netif.gateway]] as Variable[])),
  ]
}

/**
 * The root's variables (sys/nfs/nfs_diskless.c). nfshandlelen makes it NFSv3; without it the kernel would take
 * the handle for a 32-byte one of NFSv2.
 */
export function nfsrootVariables(root: NfsRoot, options: string): Variable[] {
  return [
    ['boot.nfsroot.server', root.server],
    ['boot.nfsroot.nfshandle', handleText(root.handle)],
    ['boot.nfsroot.nfshandlelen', String(root.handle.length)],
    ['boot.nfsroot.path', root.path],
    ...(options === '' ? [] : ([['boot.nfsroot.options', options]] as Variable[])),
  ]
}

/**
 * All variables that a kernel needs for its root, for a loader that finds out none of them itself: for
 * `be emit loader-env` and the virtual loader.conf.local of HTTP boot. Without an address the interface's
 * variables are left out.
 */
export function kernelVariables(input: PlanInput): Variable[] {
  const { client, lab, root, nfsOptions } = input
  const netif =
    client.ip === undefined
      ? []
      : netifVariables({
          ip: client.ip,
          netmask: lab.netmask,
          hwaddr: client.mac,
          ...(lab.router === undefined ? {} : { gateway: lab.router }),
        })
  return [
    ...netif,
    ...nfsrootVariables(root!, nfsOptions),
    ...identityVariables(input),
    ...input.loaderVariables,
    ...callBackVariables(input.callback),
  ]
}
