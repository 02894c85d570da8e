import { BeError } from '../errors/errors.ts'
import type { Clock, Network } from '../net/net.ts'
import { fetchRoot } from '../nfs/fetch-root.ts'
import type { NfsRoot } from '../nfs/root.ts'
import { isTransportError } from '../rpc/client/errors.ts'
import type { NfsAccess } from './nfs.ts'
import type { LabSubnets } from './subnets.ts'

/** What fetchSharedRoot needs. */
export interface SharedRootContext {
  network: Network
  clock: Clock
  nfs: Pick<NfsAccess, 'server' | 'driver'>
  subnets: LabSubnets
  warn: (line: string) => void
  /** Whether this process is `be serve`. */
  serves: boolean
}

/**
 * Asks mountd and nfsd for the root of a shared path. Throws as fetchRoot does; where the NFS server that does not answer
 * is part of `be serve`, with a message and a hint on that.
 */
export async function fetchSharedRoot(context: SharedRootContext, path: string): Promise<NfsRoot> {
  const { network, clock, nfs, subnets, warn, serves } = context
  const query = { server: nfs.server, path, localAddress: subnets.lab.address, clock, warn }
  return fetchRoot(network, query).catch(async error => {
    const isOwn = (await nfs.driver()).serve !== undefined && !serves
    throw isOwn && isTransportError(error) ? notServing(error) : error
  })
}

const notServing = (error: BeError): BeError =>
  new BeError(error.code, `be serve, which is the NFS server here, does not answer`, {
    hint: 'start it: be serve; to let another server export, set nfs.driver',
    exit: 'unavailable',
    cause: error,
  })
