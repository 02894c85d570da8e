import type { Network } from '../../src/net/net.ts'
import { XdrWriter } from '../../src/rpc/xdr.ts'
import { type Answer, FakeServer, type ReceivedCall, redirect } from '../rpc/fake-server.ts'

const PORTMAP = 100000
const NFS = 100003
const MOUNT = 100005
const UDP = 17

/** An NFS host of a test: portmapper, mountd and nfsd in one, on loopback. */
export class NfsHost {
  readonly server: FakeServer
  /** Path → handle. */
  readonly exports = new Map<string, Buffer>()
  /** Status of MNT for every path, if set. */
  status: number | undefined
  flavours = [1]
  /** `program/protocol` that the portmapper does not know, like `100005/udp`. */
  readonly unregistered = new Set<string>()
  /** `program/protocol` that keeps silent. */
  readonly silent = new Set<string>()

  private constructor() {
    this.server = new FakeServer(asked => this.#answer(asked))
  }

  static async start(): Promise<NfsHost> {
    const host = new NfsHost()
    await host.server.start()
    return host
  }

  /** A network on which this is the server's portmapper and nfsd. */
  get network(): Network {
    const { udpPort, tcpPort } = this.server
    return redirect({ udp: { 111: udpPort }, tcp: { 111: tcpPort, 2049: tcpPort } })
  }

  /** Procedures that were called of a program. */
  called(program: number): string[] {
    return this.server.asked
      .filter(asked => asked.program === program)
      .map(a => `${a.procedure}/${a.transport}`)
  }

  #answer(asked: ReceivedCall): Answer {
    if (this.silent.has(`${asked.program}/${asked.transport}`)) return undefined
    if (asked.program === PORTMAP) return this.#portmap(asked)
    if (asked.program === NFS || asked.procedure !== 1) return new XdrWriter()
    if (asked.program === MOUNT) return this.#mnt(asked.args.string(1024))
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
