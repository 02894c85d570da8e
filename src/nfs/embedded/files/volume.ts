import type { BigIntStats } from 'node:fs'
import type { Credential } from '../../../rpc/server/message.ts'
import { rootMapping } from '../../maproot.ts'
import type { FileHandle } from '../../root.ts'
import type { Share } from '../../share-list.ts'
import { inodeOf } from './attributes.ts'
import { encodeHandle, generationOf } from './handle.ts'
import type { Node } from './node.ts'

/** Who root of a machine is when nobody is named, and who calls without a name: nobody, on FreeBSD and Linux. */
const NOBODY: Credential = { uid: 65534, gid: 65534, groups: [] }

/** One file system that is served: that of a share's root, or one below it. */
export class Volume {
  readonly id: number
  /** Absolute, as strings of bytes (see files.ts). */
  readonly path: string
  share: Share
  /** False: not shared any more. */
  isExported = true
  root: Node | undefined
  /** Which mount the root lies on, where the system tells. */
  mountId: string | undefined

  constructor(share: Share, path: string, id: number) {
    this.share = share
    this.path = Buffer.from(path).toString('latin1')
    this.id = id
  }

  /** Whether a client at this address may see it. */
  admits(address: string): boolean {
    const client = toNumber(address)
    return this.share.clients.some(network => holds(network, client))
  }

  /** Whom the caller is taken for. */
  user(credential: Credential | undefined): Credential {
    if (credential === undefined) return NOBODY
    if (credential.uid !== 0) return credential
    const root = rootMapping(this.share)
    if (root === 'root') return credential
    if (root === undefined) return NOBODY
    return { uid: Number(root.uid), gid: Number(root.gid ?? NOBODY.gid), groups: [] }
  }
}

/** The handle that MNT grants for a share, as the server makes it. */
export const rootHandle = (id: number, stat: BigIntStats): FileHandle =>
  encodeHandle({ volume: id, inode: inodeOf(stat), generation: generationOf(stat.birthtimeNs), hashes: [] })

/** `network` is a CIDR that clientNetwork() wrote. */
function holds(network: string, client: number): boolean {
  const slash = network.indexOf('/')
  const size = 2 ** (32 - Number(network.slice(slash + 1)))
  return Math.floor(client / size) === Math.floor(toNumber(network.slice(0, slash)) / size)
}

const toNumber = (address: string): number =>
  address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0)
