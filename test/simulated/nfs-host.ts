import type { SimNetwork } from '../../src/net/sim/network.ts'
import { encodeRecord, RecordReader } from '../../src/rpc/record.ts'
import { XdrWriter } from '../../src/rpc/xdr.ts'
import { readCall, success } from '../rpc/fake-server.ts'

const PORTMAP = 100000
const NFS = 100003
const MOUNT = 100005
const IPPROTO_UDP = 17
const MOUNT_PORT = 20048

/** A simulated NFS host: portmapper, mountd and nfsd, as far as a boot uses them. */
export class SimNfsHost {
  /** Handles by path; other paths are refused with MNT3ERR_ACCES. */
  readonly exports = new Map<string, Buffer>()
  /** Whether MOUNT and NFS are served on UDP; Linux' nfsd as shipped does not. */
  udp = true
  /** Whether NFS is served on TCP; nfsd of FreeBSD is not after nfsv4_server_only. */
  tcp = true
  /** Mounts: address of the client and path. */
  readonly mounts: string[] = []

  private constructor() {}

  static async on(net: SimNetwork, address: string): Promise<SimNfsHost> {
    const nfs = new SimNfsHost()
    const host = net.host(address)
    for (const port of [111, 2049, MOUNT_PORT]) {
      const socket = await host.udp({ address, port })
      socket.onMessage((data, from) => {
        if (port !== 111 && !nfs.udp) return
        socket.send(nfs.#answer(data, from.address), from)
      })
      await host.listen({ address, port }, peer => {
        const records = new RecordReader()
        peer.onData(data => {
          if (port === 2049 && !nfs.tcp) return
          for (const call of records.push(data)) peer.write(encodeRecord(nfs.#answer(call, 'tcp')))
        })
      })
    }
    return nfs
  }

  #answer(message: Buffer, from: string): Buffer {
    const { xid, program, procedure, args } = readCall(message)
    if (program === PORTMAP) {
      const wanted = args.uint32()
      args.uint32()
      const hidden = args.uint32() === IPPROTO_UDP && !this.udp
      const port = wanted === NFS ? 2049 : wanted === MOUNT ? MOUNT_PORT : 0
      return success(xid, new XdrWriter().uint32(hidden ? 0 : port))
    }
    if (program !== MOUNT || procedure !== 1) return success(xid, new XdrWriter())
    const path = args.string(1024)
    const handle = this.exports.get(path)
    if (handle === undefined) return success(xid, new XdrWriter().uint32(13))
    this.mounts.push(`${from} ${path}`)
    return success(xid, new XdrWriter().uint32(0).opaque(handle).uint32(1).uint32(1))
  }
}
