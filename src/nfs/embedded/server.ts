import { BeError } from '../../errors/errors.ts'
import type { Clock, Network } from '../../net/net.ts'
import type { RpcContext } from '../../rpc/client/call.ts'
import { PORTMAP_PORT, type Registration } from '../../rpc/portmap.ts'
import { MOUNT, NFS, NFS_PORT, type Transport } from '../../rpc/programs.ts'
import type { ServedProgram } from '../../rpc/server/dispatch.ts'
import { RpcServer } from '../../rpc/server/server.ts'
import type { Emit } from '../../session/event.ts'
import { ClientActivity } from './client-activity.ts'
import { Drops } from './drops.ts'
import { type CurrentShares, Exports } from './exports.ts'
import { LIMITS, Tree } from './files/tree.ts'
import { mountProgram } from './programs/mount.ts'
import { nfsProgram } from './programs/nfs.ts'
import { portmapProgram } from './programs/portmap.ts'
import { RpcbindEntries } from './rpcbind.ts'

/** The usual port of other servers; any other does as well, as clients ask the portmapper for it. */
const MOUNT_PORT = 20048

/** See RpcServerOptions.memory: NFS replies have a megabyte of a file, others are short. */
const NFS_MEMORY = 40 << 20
const SMALL_MEMORY = 8 << 20

export interface EmbeddedOptions {
  network: Network
  clock: Clock
  /** The lab address, the only one on which it serves. */
  address: string
  shares: CurrentShares
  /**
   * Whether the address is this host's, or in one of the networks that it serves. Others are answered only if a share names
   * them.
   */
  isOurs(address: string): boolean
  emit: Emit
  /** Other ports, for tests; 0: any. Kernels look for NFS at 2049 only. */
  ports?: { portmap: number; mount: number; nfs: number }
  /** See ConfinedFiles. */
  byDescriptor?: boolean
}

const PORTS = { portmap: PORTMAP_PORT, mount: MOUNT_PORT, nfs: NFS_PORT }

/** A read-only NFS server in this process: NFSv3, MOUNT and portmapper over UDP and TCP. */
export class EmbeddedServer {
  readonly exports: Exports
  readonly #options: EmbeddedOptions
  readonly #activity: ClientActivity
  readonly #drops: Drops
  readonly #servers: RpcServer[] = []
  #rpcbind: RpcbindEntries | undefined

  constructor(options: EmbeddedOptions) {
    const { clock, emit, address, shares, byDescriptor } = options
    this.#options = options
    this.exports = new Exports(new Tree(clock, LIMITS, byDescriptor), clock, shares)
    this.#activity = new ClientActivity(clock, emit, address)
    this.#drops = new Drops(clock, emit)
  }

  /**
   * Starts serving; where the portmapper's port is taken, registers with the host's rpcbind. Rejects with
   * BE_NFS_RPCBIND, and as Network.udp() does, with nothing left open or registered.
   */
  async start(): Promise<void> {
    const { portmap, mount, nfs } = this.#options.ports ?? PORTS
    try {
      const nfsPort = await this.#listen(nfs, nfsProgram(this.exports, this.#activity))
      const mountPort = await this.#listenOrAnywhere(mount, mountProgram(this.exports, this.#activity))
      await this.#servePortmap(portmap, registrations(nfsPort, mountPort))
    } catch (error) {
      await this.stop(0)
      throw error
    }
  }

  /** Ports in the order in which they were opened: NFS, MOUNT, and the portmapper's if it is ours. */
  get ports(): number[] {
    return this.#servers.map(({ port }) => port)
  }

  /** Whether the host's rpcbind is the portmapper. */
  get usesHostRpcbind(): boolean {
    return this.#rpcbind !== undefined
  }

  /** Takes no more calls; waits up to `graceMs` for the replies to those under way. */
  async stop(graceMs: number): Promise<void> {
    await this.#rpcbind?.remove()
    await Promise.all(this.#servers.map(server => server.stop(graceMs)))
    this.#activity.stop()
    this.exports.close()
  }

  async #servePortmap(port: number, registered: Registration[]): Promise<void> {
    const { network, clock, address } = this.#options
    try {
      await this.#listen(port, portmapProgram(registered))
    } catch (error) {
      if (!isPortTaken(error)) throw error
      const context: RpcContext = { network, clock, localAddress: address, timeoutMs: 2000 }
      this.#rpcbind = new RpcbindEntries(context, registered)
      await this.#rpcbind.add()
    }
  }

  async #listen(port: number, program: ServedProgram): Promise<number> {
    const { network, clock, address, isOurs } = this.#options
    const server = new RpcServer({
      ...{ network, clock, address, port, memory: program.number === NFS.number ? NFS_MEMORY : SMALL_MEMORY },
      programs: [program],
      admits: client => isOurs(client) || this.exports.admits(client),
      onDrop: (from, transport, why) => this.#drops.add(program.number, from.address, transport, why),
    })
    await server.start()
    this.#servers.push(server)
    return server.port
  }

  /** At this port, or any if it is taken. */
  async #listenOrAnywhere(port: number, program: ServedProgram): Promise<number> {
    return this.#listen(port, program).catch(error => {
      if (isPortTaken(error)) return this.#listen(0, program)
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

const isPortTaken = (error: unknown): boolean => error instanceof BeError && error.code === 'BE_PORT_TAKEN'
