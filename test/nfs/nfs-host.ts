import type { Network } from '../../src/net/net.ts'
import { XdrWriter } from '../../src/rpc/xdr.ts'
import { type Answer, FakeServer, type ReceivedCall, redirect } from '../rpc/fake-server.ts'

const PORTMAP = 100000
const NFS = 100003
const MOUNT = 100005
const UDP = 17

/** A fake NFS host: portmapper, mountd and nfsd in one RPC server on loopback. */
export class NfsHost {
  readonly server: FakeServer
  /** Path → handle. */
  readonly exports = new Map<string, Buffer>()
  /** Status of MNT for every path, if set. */
  status: number | undefined
  flavours = [1]
  /** `program/transport` that the portmapper does not list, as `100005/udp`. */
  readonly unregistered = new Set<string>()
  /** `program/transport` that does not answer. */
  readonly silent = new Set<string>()

  private constructor() {
    this.server = new FakeServer(call => this.#answer(call))
  }

  static async start(): Promise<NfsHost> {
    const host = new NfsHost()
    await host.server.start()
    return host
  }

  /** A network on which ports 111 and 2049 lead to this host. */
  get network(): Network {
    const { udpPort, tcpPort } = this.server
    return redirect({ udp: { 111: udpPort }, tcp: { 111: tcpPort, 2049: tcpPort } })
  }

  /** Calls of a program, as `procedure/transport`. */
  called(program: number): string[] {
    return this.server.received
      .filter(call => call.program === program)
      .map(a => `${a.procedure}/${a.transport}`)
  }

  #answer(call: ReceivedCall): Answer {
    if (this.silent.has(`${call.program}/${call.transport}`)) return undefined
    if (call.program === PORTMAP) return this.#portmap(call)
    if (call.program === NFS || call.procedure !== 1) return new XdrWriter()
    if (call.program === MOUNT) return this.#mnt(call.args.string(1024))
    return undefined
  }

  #portmap({ procedure, args }: ReceivedCall): Answer {
    if (procedure === 0) return new XdrWriter()
    const program = args.uint32()
    args.uint32()
    const udp = args.uint32() === UDP
    if (this.unregistered.has(`${program}/${udp ? 'udp' : 'tcp'}`)) return new XdrWriter().uint32(0)
    return new XdrWriter().uint32(udp ? this.server.udpPort : this.server.tcpPort)
  }

  #mnt(path: string): XdrWriter {
    const handle = this.exports.get(path)
    if (this.status !== undefined || handle === undefined) return new XdrWriter().uint32(this.status ?? 13)
    const granted = new XdrWriter().uint32(0).opaque(handle).uint32(this.flavours.length)
    for (const flavour of this.flavours) granted.uint32(flavour)
    return granted
  }
}
