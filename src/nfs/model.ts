import { Address4 } from 'ip-address'
import { BeError } from '../errors.ts'

/** One boot environment as it is to be exported. */
export interface Share {
  be: string
  /** Absolute, without links: exports(5). */
  path: string
  /** Who may mount: IPv4 networks and hosts as CIDR, `192.168.2.0/24`. Never empty: that would be the world. */
  clients: string[]
  /** The user that a client's root becomes: `root`, a name, or `uid[:gid]`; absent: nobody. */
  maproot?: string
  readOnly: boolean
  /** 1 to 65535, the same whenever this BE is shared: NFS servers put it into file handles. */
  id: number
  /** File systems below the root's, parents first: NFSv3 does not cross into them, so each is exported too. */
  children?: SharedChild[]
}

/** A file system below that of a share's root, exported to the same clients with the same rights. */
export interface SharedChild {
  /** Absolute, below the share's path. */
  path: string
  /** As the share's id, and unique among all ids of shares and children. */
  id: number
}

/** Largest Export_Id of nfs-ganesha; 0 is its pseudo root, and fsid=0 that of Linux. */
const MAX_ID = 65535

/**
 * The id of a BE: by its name (FNV-1a), so that shared anew it gets the handles that running machines hold;
 * the next free one when another BE has it.
 */
export function shareId(be: string, shares: Share[]): number {
  const known = shares.find(share => share.be === be)
  if (known !== undefined) return known.id
  const taken = new Set(shares.map(share => share.id))
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(be)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  let id = (hash % MAX_ID) + 1
  while (taken.has(id)) id = (id % MAX_ID) + 1
  return id
}

/**
 * A client as the network it stands for: `192.168.2.7/24` is `192.168.2.0/24`, an address without a prefix
 * is one host. Throws BE_EXPORT_CLIENT.
 */
export function clientNetwork(text: string): string {
  try {
    const address = new Address4(text)
    return `${address.startAddress().correctForm()}/${address.subnetMask}`
  } catch {
    throw new BeError('BE_EXPORT_CLIENT', `"${text}" is no client to export to`, {
      expected: 'an IPv4 network or address, like 192.168.2.0/24',
      exit: 'data',
    })
  }
}

/**
 * The list with `share` put in, in the place of the BE's former share; sorted by BE.
 * Throws BE_EXPORT_CLIENT, BE_EXPORT_TO_WORLD or BE_EXPORT_PATH_TAKEN.
 */
export function withShare(shares: Share[], share: Share): Share[] {
  if (share.clients.length === 0) {
    throw new BeError('BE_EXPORT_TO_WORLD', `no client is named for ${share.be}`, {
      expected: 'at least one network',
      hint: 'an export without clients is open to everyone: set lab.network',
      exit: 'config',
    })
  }
  const others = withoutShare(shares, share.be)
  const same = others.find(other => other.path === share.path)
  if (same !== undefined) {
    throw new BeError('BE_EXPORT_PATH_TAKEN', `${share.path} is shared already as ${same.be}`, {
      hint: `be unshare ${same.be}`,
      exit: 'data',
    })
  }
  const clients = [...new Set(share.clients.map(clientNetwork))]
  return [...others, { ...share, clients }].sort((a, b) => (a.be < b.be ? -1 : 1))
}

/** What may not be mounted cannot be booted, printed or taken back. */
export const notShared = (be: string, hint = `be sharenfs ${be}`): BeError =>
  new BeError('BE_NOT_SHARED', `${be} is not shared`, { hint, exit: 'data' })

/** The list without a BE. */
export const withoutShare = (shares: Share[], be: string): Share[] => shares.filter(share => share.be !== be)

/**
 * A file name for a share's fragment, without extension: the BE's own name, if made of what every NFS
 * server reads in a path; else that name with - for the rest, and the id to keep it unique.
 */
export function fragmentName({ be, id }: Share): string {
  const name = be.replace(/[^A-Za-z0-9_.-]|^\./g, '-')
  // A name that ends like one with an id could be taken for another's.
  return name === be && !/\.\d+$/.test(be) ? name : `${name}.${id}`
}
