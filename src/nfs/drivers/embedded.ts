import { lstat } from 'node:fs/promises'
import type { Clock } from '../../net/net.ts'
import type { NfsDriver } from '../driver.ts'
import { rootHandle } from '../embedded/files/volume.ts'
import { EmbeddedServer } from '../embedded/server.ts'
import { rootMapping } from '../maproot.ts'
import { fragmentName } from '../share-list.ts'

export interface EmbeddedDriverOptions {
  clock: Clock
  /** The lab address, on which it serves. */
  address: string
}

/**
 * The NFS server inside `be serve`. It exports the shares that are in the state, so there is nothing to write and
 * nothing to reload.
 */
export function embeddedDriver({ clock, address }: EmbeddedDriverOptions): NfsDriver {
  return {
    name: 'embedded',
    managesExports: true,
    settleMs: 1000,
    readOnly: true,
    check: async () => {},
    async apply(shares) {
      // Throws for a share that cannot be served, before it is stored.
      for (const share of shares) rootMapping(share)
      return []
    },
    fragment: share => ({
      fileName: `${fragmentName(share)}.txt`,
      text: `# ${share.path} is served by be serve itself, read-only, to ${share.clients.join(', ')}\n`,
    }),
    async expectedRoot({ path, id }) {
      const handle = rootHandle(id, await lstat(path, { bigint: true }))
      return { server: address, path, handle, udp: true, tcp: true }
    },
    async serve({ network, shares, isOurs, emit }) {
      const server = new EmbeddedServer({ network, clock, address, shares, isOurs, emit })
      await server.start()
      const portmapper = server.usesHostRpcbind ? "the host's rpcbind" : undefined
      emit({ event: 'nfs:serving', detail: { server: 'embedded', shares: shares().length, portmapper } })
      return server
    },
  }
}
