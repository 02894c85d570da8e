import type { BigIntStats } from 'node:fs'
import type { Credential } from '../../../rpc/server/message.ts'
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
  share: Share
  /** False once it is not shared any more. */
  isExported = true

  constructor(share: Share, path: string, id: number) {
    this.share = share
    this.path = Buffer.from(path).toString('latin1')
    this.id = id
  }

  /** Whether a client with this address may mount it. */
  admits(address: string): boolean {
    const client = toNumber(address)
    return this.share.clients.some(network => contains(network, client))
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

/** `network`: CIDR, as of clientNetwork(). */
function contains(network: string, client: number): boolean {
  const slash = network.indexOf('/')
  const size = 2 ** (32 - Number(network.slice(slash + 1)))
  return Math.floor(client / size) === Math.floor(toNumber(network.slice(0, slash)) / size)
}

const toNumber = (address: string): number =>
  address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0)
