import { XdrWriter } from '../../../src/rpc/xdr.ts'
import { PROC } from '../../nfs/embedded/nfs-client.ts'
import type { Attack, Burst } from '../attack.ts'
import { ATTACKER, BIG, NOBODY } from '../network.ts'
import { handleOf, NFS_PORT, nfsCall } from '../nfs.ts'

const EACH = 500

/** 500 datagrams at once, and again every second, each from the next of the attacker's addresses. */
async function datagrams(attack: Attack, make: (n: number) => Buffer): Promise<void> {
  const sockets = await Promise.all(ATTACKER.map(address => attack.udp(address)))
  for (let n = 0; !attack.isOver(); ) {
    for (const end = n + EACH; n < end; n++) sockets[n % sockets.length]!.send(make(n), NFS_PORT)
    await attack.pause(1000)
  }
}

/** READDIR and READDIRPLUS of a directory of 20,000 names, from anywhere in it. */
export const listDirectory: Burst = async attack => {
  const dir = await handleOf(BIG)
  await datagrams(attack, n => {
    const args = new XdrWriter().opaque(dir).uint64((n * 2 ** 40) % 2 ** 52)
    args.uint64(0).uint32(32_768)
    return nfsCall(n, n % 2 ? PROC.READDIR : PROC.READDIRPLUS, n % 2 ? args : args.uint32(32_768))
  })
}

/** LOOKUP of names that are not there, and GETATTR of handles whose files are gone, in the same directory. */
export const missingFiles: Burst = async attack => {
  const dir = await handleOf(BIG)
  const file = await handleOf(`${BIG}/file7`)
  await datagrams(attack, n => {
    if (n % 2) return nfsCall(n, PROC.LOOKUP, new XdrWriter().opaque(dir).string(`missing${n}`))
    const stale = Buffer.from(file)
    stale.writeBigUInt64BE(BigInt(n) + 2n ** 40n, 8)
    return nfsCall(n, PROC.GETATTR, new XdrWriter().opaque(stale))
  })
}

/** 500 READs of 32 KB at once, and again every second, that claim to come from addresses that nobody has. */
export const readsToNobody: Burst = async attack => {
  const file = await handleOf('boot/loader.efi')
  const sockets = await Promise.all(NOBODY.map(address => attack.udp(address)))
  const args = new XdrWriter().opaque(file).uint64(0).uint32(32_768)
  for (let n = 0; !attack.isOver(); ) {
    for (const end = n + EACH; n < end; n++)
      sockets[n % sockets.length]!.send(nfsCall(n, PROC.READ, args), NFS_PORT)
    await attack.pause(1000)
  }
}
