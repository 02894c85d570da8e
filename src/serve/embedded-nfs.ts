import { BeError } from '../errors/errors.ts'
import type { NfsDriver, ServeContext } from '../nfs/driver.ts'
import { listening } from './ports.ts'

/**
 * Starts the NFS server that is part of the service. Throws BE_NFS_PORT_TAKEN, where another NFS server has the port, and
 * what the driver throws.
 */
export async function serveNfs(serve: NonNullable<NfsDriver['serve']>, context: ServeContext) {
  try {
    return await listening(() => serve(context))
  } catch (error) {
    if (!(error instanceof BeError) || error.code !== 'BE_PORT_TAKEN') throw error
    throw new BeError('BE_NFS_PORT_TAKEN', `${error.message}, so be serve cannot serve NFS itself`, {
      hint: 'stop that server, or say with nfs.driver who exports (none: somebody else)',
      cause: error,
    })
  }
}
