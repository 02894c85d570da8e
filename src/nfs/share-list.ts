import { Address4 } from 'ip-address'
import { BeError } from '../errors/errors.ts'

/** One boot environment as it is to be exported. */
export interface Share {
  be: string
  /** Absolute, without symbolic links: exports(5). */
  path: string
  /** Who may mount: IPv4 networks and hosts as CIDR, `192.168.2.0/24`. Never empty: that would export to all. */
  clients: string[]
  /** The user that a client's root becomes: `root`, a name, or `uid[:gid]`; absent: nobody. */
  maproot?: string
  readOnly: boolean
  /** 1 to 65535, the same whenever this BE is shared: NFS servers put it into file handles. */
  id: number
  /** The path is the mount point of a file system of its own. */
  mountPoint?: boolean
  /** File systems below the root's, parents first: NFSv3 does not cross mount points, so each is exported too. */
  children?: SharedChild[]
}

/** A file system below that of a share's root, exported to the same clients with the same rights. */
export interface SharedChild {
  /** Absolute, below the share's path. */
  path: string
  /** As the share's id, and unique among all ids of shares and children. */
  id: number
}

/** A share that is asked for; its ids are assigned by withShares(). */
export interface ShareRequest extends Omit<Share, 'id' | 'children'> {
  /** Paths of the children, parents first. */
  children?: readonly string[]
}

/** One path of a share: its root, or a child. */
export interface SharedPath {
  path: string
  id: number
  /** To be exported only while a file system is mounted at this very path. */
  mountPoint: boolean
}

/** All paths of a share, the root first. Children are always mount points. */
export const pathsOf = ({ path, id, mountPoint = false, children = [] }: Share): SharedPath[] => [
  { path, id, mountPoint },
  ...children.map(child => ({ ...child, mountPoint: true })),
]

/** Largest Export_Id of nfs-ganesha. 0 is not used: it is ganesha's pseudo root, and fsid=0 that of Linux. */
const MAX_ID = 65535

const idsOf = (shares: Share[]): Set<number> => new Set(shares.flatMap(pathsOf).map(({ id }) => id))

/**
 * The id that follows from a name (FNV-1a), or the next one that is free. So a share that is removed and added
 * again keeps the file handles that running machines hold.
 */
function freeId(name: string, taken: ReadonlySet<number>): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  let id = (hash % MAX_ID) + 1
  while (taken.has(id)) id = (id % MAX_ID) + 1
  return id
}

/**
 * The network of a client as CIDR: `192.168.2.7/24` gives `192.168.2.0/24`; an address without a prefix length is
 * one host. Throws BE_EXPORT_CLIENT.
 */
export function clientNetwork(text: string): string {
  try {
    const address = new Address4(text)
    return `${address.startAddress().correctForm()}/${address.subnetMask}`
  } catch {
    throw new BeError('BE_EXPORT_CLIENT', `"${text}" is no client to export to`, {
      expected: 'an IPv4 network or address, like 192.168.2.0/24',
    })
  }
}

/**
 * The list with these added, each in the place of the BE's former share; sorted by BE.
 * Throws BE_EXPORT_CLIENT, BE_EXPORT_TO_WORLD or BE_EXPORT_PATH_TAKEN.
 */
export function withShares(shares: Share[], requests: readonly ShareRequest[]): Share[] {
  const known = new Map(shares.map(share => [share.be, share]))
  const taken = idsOf(shares)
  const all = new Map(known)
  for (const request of requests) all.set(request.be, withIds(request, known.get(request.be), taken))
  const after = [...all.values()].sort((a, b) => (a.be < b.be ? -1 : 1))
  checkPaths(after)
  return after
}

/** The share with its former ids, and free ones for new paths, which are added to `taken`. */
function withIds(request: ShareRequest, old: Share | undefined, taken: Set<number>): Share {
  const { children = [], ...root } = request
  if (root.clients.length === 0) throw toWorld(root.be)
  const take = (name: string, former: number | undefined): number => {
    const id = former ?? freeId(name, taken)
    taken.add(id)
    return id
  }
  const childId = (path: string): number | undefined => old?.children?.find(child => child.path === path)?.id
  const share: Share = {
    ...root,
    clients: [...new Set(root.clients.map(clientNetwork))],
    id: take(root.be, old?.id),
  }
  if (children.length === 0) return share
  const inside = (path: string): string => `${root.be}${path.slice(root.path.length)}`
  return { ...share, children: children.map(path => ({ path, id: take(inside(path), childId(path)) })) }
}

function checkPaths(shares: Share[]): void {
  const owners = new Map<string, string>()
  for (const share of shares) {
    for (const { path } of pathsOf(share)) {
      const owner = owners.get(path)
      if (owner !== undefined && owner !== share.be) throw pathTaken(path, owner)
      owners.set(path, share.be)
    }
  }
}

const pathTaken = (path: string, owner: string): BeError =>
  new BeError('BE_EXPORT_PATH_TAKEN', `${path} is shared already as ${owner}`, {
    hint: `be unshare ${owner}`,
  })

const toWorld = (be: string): BeError =>
  new BeError('BE_EXPORT_TO_WORLD', `no client is named for ${be}`, {
    expected: 'at least one network',
    hint: 'an export without clients is open to everyone: set lab.network',
  })

/** The error of a BE that has no share. */
export const notShared = (be: string, hint = `be sharenfs ${be}`): BeError =>
  new BeError('BE_NOT_SHARED', `${be} is not shared`, { hint })

/** The list without these BEs. */
export const withoutShares = (shares: Share[], bes: readonly string[]): Share[] => {
  const gone = new Set(bes)
  return shares.filter(({ be }) => !gone.has(be))
}

/**
 * The file name of a share's fragment, without extension: the BE's name, if all its characters can stand in a path
 * of every NFS server's configuration; else that name with - for the others, and the id to keep it unique.
 */
export function fragmentName({ be, id }: Share): string {
  const name = be.replace(/[^A-Za-z0-9_.-]|^\./g, '-')
  // A name that ends in a number could be equal to another BE's name with its id.
  return name === be && !/\.\d+$/.test(be) ? name : `${name}.${id}`
}
