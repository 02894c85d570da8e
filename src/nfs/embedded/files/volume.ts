import type { BigIntStats } from 'node:fs'
import { toNumber } from '../../../net/ipv4.ts'
import type { Credential } from '../../../rpc/server/message.ts'
import { XdrWriter } from '../../../rpc/xdr.ts'
import { rootMapping } from '../../maproot.ts'
import type { FileHandle } from '../../root.ts'
import type { Share } from '../../share-list.ts'
import { inodeOf } from './attributes.ts'
import { encodeHandle, generationOf } from './handle.ts'

/** The user of a client's root without maproot, and of a caller with AUTH_NONE; the number of FreeBSD and Linux. */
const NOBODY: Credential = { uid: 65534, gid: 65534, groups: [] }

/** An exported file system: that of a share's root, or one below it. */
export class Volume {
  readonly id: number
  /** Absolute; one character for each byte (see system-calls.ts). */
  readonly path: string
  /** False once it is not shared any more. */
  isExported = true
  #share!: Share
  /** Of the share's clients: there may be hundreds, and they are compared for each call. */
  #networks: readonly Network[] = []
  #exportEntry: Buffer | undefined

  constructor(share: Share, path: string, id: number) {
    this.share = share
    this.path = Buffer.from(path).toString('latin1')
    this.id = id
  }

  get share(): Share {
    return this.#share
  }

  set share(share: Share) {
    this.#share = share
    this.#networks = share.clients.map(networkOf)
    this.#exportEntry = undefined
  }

  /** Whether a client with this address may mount it. */
  admits(address: string): boolean {
    const client = toNumber(address)
    return this.#networks.some(({ first, last }) => client >= first && client <= last)
  }

  /** The entry of this volume in the list of exports: path and clients (RFC 1813, section 5.2.5). */
  get exportEntry(): Buffer {
    if (this.#exportEntry === undefined) {
      const entry = new XdrWriter().opaque(Buffer.from(this.path, 'latin1'))
      for (const client of this.share.clients) entry.bool(true).string(client)
      this.#exportEntry = entry.bool(false).bytes()
    }
    return this.#exportEntry
  }

  /** The user whose permissions the caller has. */
  user(credential: Credential | undefined): Credential {
    if (credential === undefined) return NOBODY
    if (credential.uid !== 0) return credential
    const root = rootMapping(this.share)
    if (root === 'root') return credential
    if (root === undefined) return NOBODY
    return { uid: Number(root.uid), gid: Number(root.gid ?? NOBODY.gid), groups: [] }
  }
}

/** The handle that MNT grants for a volume whose root directory has this stat(2). */
export const rootHandle = (id: number, stat: BigIntStats): FileHandle =>
  encodeHandle({ volume: id, inode: inodeOf(stat), generation: generationOf(stat.birthtimeNs), hashes: [] })

/** First and last address. */
interface Network {
  first: number
  last: number
}

/** `cidr`: as of clientNetwork(). */
function networkOf(cidr: string): Network {
  const [address, length] = cidr.split('/') as [string, string]
  const size = 2 ** (32 - Number(length))
  const first = toNumber(address) - (toNumber(address) % size)
  return { first, last: first + size - 1 }
}
