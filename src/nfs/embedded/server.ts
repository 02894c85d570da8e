import { BeError } from '../../errors/errors.ts'
import type { Clock, Network } from '../../net/net.ts'
import type { RpcContext } from '../../rpc/client/call.ts'
import { PORTMAP_PORT, type Registration } from '../../rpc/portmap.ts'
import { MOUNT, NFS, NFS_PORT, type Transport } from '../../rpc/programs.ts'
import type { ServedProgram } from '../../rpc/server/dispatch.ts'
import { RpcServer } from '../../rpc/server/server.ts'
import type { Emit } from '../../session/event.ts'
import { ClientActivity } from './client-activity.ts'
import { type CurrentShares, Exports } from './exports.ts'
import { LIMITS, Tree } from './files/tree.ts'
import { mountProgram } from './programs/mount.ts'
import { nfsProgram } from './programs/nfs.ts'
import { portmapProgram } from './programs/portmap.ts'
import { RpcbindEntries } from './rpcbind.ts'

/** Where others have it too; any other port does as well, for it is asked for. */
const MOUNT_PORT = 20048

export interface EmbeddedOptions {
  network: Network
  clock: Clock
  /** The lab address, which alone is served. */
  address: string
  shares: CurrentShares
  emit: Emit
  /** Other ports, for tests; 0: any. A kernel finds NFS at 2049 alone. */
  ports?: { portmap: number; mount: number; nfs: number }
  /** See Places. */
  byDescriptor?: boolean
}

const PORTS = { portmap: PORTMAP_PORT, mount: MOUNT_PORT, nfs: NFS_PORT }

/** An NFS server in this process: NFSv3, MOUNT and portmapper, read-only, by UDP and TCP. */
export class EmbeddedServer {
  readonly exports: Exports
  readonly #options: EmbeddedOptions
  readonly #traffic: ClientActivity
  readonly #servers: RpcServer[] = []
  #rpcbind: RpcbindEntries | undefined

  constructor(options: EmbeddedOptions) {
    const { clock, emit, address, shares, byDescriptor } = options
    this.#options = options
    this.exports = new Exports(new Tree(clock, LIMITS, byDescriptor), clock, shares)
    this.#traffic = new ClientActivity(clock, emit, address)
  }

  /**
   * Serves; where the host's rpcbind has the portmapper's port, that one is told of us. Rejects with
   * BE_NFS_RPCBIND, and as Network.udp() does; nothing is left behind then.
   */
  async start(): Promise<void> {
    const { portmap, mount, nfs } = this.#options.ports ?? PORTS
    try {
      const nfsPort = await this.#listen(nfs, [nfsProgram(this.exports, this.#traffic)])
      const mountPort = await this.#listenAnywhere(mount, [mountProgram(this.exports, this.#traffic)])
      const registered = registrations(nfsPort, mountPort)
      await this.#portmap(portmap, registered)
    } catch (error) {
      await this.stop(0)
      throw error
    }
  }

  /** Ports that are served, in the order in which they were opened: NFS, MOUNT, portmapper. */
  get ports(): number[] {
    return this.#servers.map(({ port }) => port)
  }

  /** Takes no more calls; what is worked on is answered, for up to `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    await this.#rpcbind?.remove()
    await Promise.all(this.#servers.map(server => server.stop(graceMs)))
    this.#traffic.stop()
    this.exports.close()
  }

  async #portmap(port: number, registered: Registration[]): Promise<void> {
    const { network, clock, address } = this.#options
    try {
      await this.#listen(port, [portmapProgram(registered)])
    } catch (error) {
      if (!isTaken(error)) throw error
      const context: RpcContext = { network, clock, localAddress: address, timeoutMs: 2000 }
      this.#rpcbind = new RpcbindEntries(context, registered)
      await this.#rpcbind.add()
    }
  }

  /** Whether the host's own portmapper hands out our ports. */
  get usesHostRpcbind(): boolean {
    return this.#rpcbind !== undefined
  }

  async #listen(port: number, programs: ServedProgram[]): Promise<number> {
    const { network, clock, address } = this.#options
    const server = new RpcServer({ network, clock, address, port, programs })
    await server.start()
    this.#servers.push(server)
    return server.port
  }

  async #listenAnywhere(port: number, programs: ServedProgram[]): Promise<number> {
    return this.#listen(port, programs).catch(error => {
      if (isTaken(error)) return this.#listen(0, programs)
      throw error
    })
  }
}

const TRANSPORTS: readonly Transport[] = ['udp', 'tcp']

const registrations = (nfs: number, mount: number): Registration[] =>
  TRANSPORTS.flatMap(transport => [
    { program: NFS.number, version: NFS.version, transport, port: nfs },
    { program: MOUNT.number, version: MOUNT.version, transport, port: mount },
    { program: MOUNT.number, version: 1, transport, port: mount },
  ])

const isTaken = (error: unknown): boolean => error instanceof BeError && error.code === 'BE_PORT_TAKEN'
