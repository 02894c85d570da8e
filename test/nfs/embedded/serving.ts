import { nodeClock, nodeNetwork } from '../../../src/net/node.ts'
import { EmbeddedServer } from '../../../src/nfs/embedded/server.ts'
import type { Share } from '../../../src/nfs/share-list.ts'
import type { SessionEvent } from '../../../src/session/event.ts'
import { NfsClient } from './nfs-client.ts'

const LOOPBACK = '127.0.0.1'

export interface Serving {
  server: EmbeddedServer
  client: NfsClient
  udp: NfsClient
  /** The shares; to be replaced, not modified. */
  shares: readonly Share[]
  events: SessionEvent[]
  /** Stops the server and starts another with the same shares. */
  restart(): Promise<void>
}

export const share = (path: string, more: Partial<Share> = {}): Share => ({
  ...{ be: 'test', path, clients: ['127.0.0.0/8'], maproot: 'root', readOnly: true, id: 4711 },
  ...more,
})

/** The embedded server on loopback, on ports of its own. */
export async function serve(shares: readonly Share[], byDescriptor?: boolean): Promise<Serving> {
  const events: SessionEvent[] = []
  const start = async () => {
    const server = new EmbeddedServer({
      ...{ network: nodeNetwork, clock: nodeClock, address: LOOPBACK },
      shares: () => serving.shares,
      isOurs: () => true,
      emit: event => events.push(event),
      ports: { portmap: 0, mount: 0, nfs: 0 },
      ...(byDescriptor !== undefined && { byDescriptor }),
    })
    await server.start()
    const [nfs, mount] = server.ports as [number, number]
    const where = { network: nodeNetwork, clock: nodeClock, address: LOOPBACK, nfs, mount }
    Object.assign(serving, { server, client: new NfsClient(where), udp: new NfsClient(where, 'udp') })
  }
  const serving = { shares, events } as Serving
  serving.restart = async () => {
    await serving.server.stop(1000)
    await start()
  }
  await start()
  return serving
}
