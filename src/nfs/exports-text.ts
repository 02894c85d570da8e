import { Address4 } from 'ip-address'
import { BeError } from '../errors.ts'
import type { Share } from './model.ts'

/** Which file system a share lies on; any text that is equal for equal file systems. */
export type FileSystemOf = (share: Share) => string

/**
 * exports(5) of FreeBSD, one line for each file system and client network, hosts with equal rights
 * together on one. mountd rejects a second line for the same file system and network, so all paths of a file
 * system share one. By default each BE is a file system of its own, as a ZFS data set is.
 *
 * Throws BE_EXPORT_PATH for a path that mountd of 12.1 cannot read, and BE_EXPORT_CONFLICT when paths of
 * one file system differ in what the same clients may do.
 */
export function freebsdExports(shares: Share[], fileSystemOf: FileSystemOf = share => share.path): string {
  const rows = new Map<string, Row>()
  for (const share of shares) {
    checkPath(share, /[\s"'\\#]/, 'FreeBSD’s mountd')
    for (const client of share.clients) addTo(rows, share, client, fileSystemOf(share))
  }
  const lines = new Map<string, string[]>()
  for (const {
    shares: [first, ...rest],
    client,
  } of rows.values()) {
    const head = `${[first, ...rest].map(share => share.path).join(' ')}${freebsdOptions(first)}`
    const network = new Address4(client)
    if (network.subnetMask === 32) {
      lines.set(head, [...(lines.get(head) ?? []), network.correctForm()])
    } else {
      const mask = Address4.fromInteger(2 ** 32 - 2 ** (32 - network.subnetMask)).correctForm()
      lines.set(`${head} -network ${network.correctForm()} -mask ${mask}`, [])
    }
  }
  return [...lines].map(([head, hosts]) => `${[head, ...hosts].join(' ')}\n`).join('')
}

interface Row {
  client: string
  shares: [Share, ...Share[]]
}

function addTo(rows: Map<string, Row>, share: Share, client: string, fileSystem: string): void {
  const row = rows.get(`${fileSystem} ${client}`)
  if (row === undefined) {
    rows.set(`${fileSystem} ${client}`, { client, shares: [share] })
    return
  }
  const [first] = row.shares
  if (freebsdOptions(first) !== freebsdOptions(share)) {
    throw new BeError(
      'BE_EXPORT_CONFLICT',
      `${first.path} and ${share.path} lie on one file system but are to be exported differently to ${client}`,
      { hint: 'share both alike, or give each a data set of its own', exit: 'data' },
    )
  }
  row.shares.push(share)
}

const freebsdOptions = (share: Share): string =>
  (share.readOnly ? ' -ro' : '') + (share.maproot === undefined ? '' : ` -maproot=${share.maproot}`)

/**
 * exports(5) of Linux, one line a BE, for /etc/exports.d/*.exports. `fsid` stands in for the UUID that a
 * ZFS data set has not. Throws BE_EXPORT_PATH and BE_EXPORT_MAPROOT.
 */
export function linuxExports(shares: Share[]): string {
  return shares.map(linuxLine).join('')
}

function linuxLine(share: Share): string {
  checkPath(share, /[\0\n]/, 'exports(5)')
  const path = share.path.replace(/[\s"#\\]/g, char => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)
  const rights = [share.readOnly ? 'ro' : 'rw', ...linuxSquash(share), 'no_subtree_check', `fsid=${share.id}`]
  return `${path} ${share.clients.map(client => `${client}(${rights.join(',')})`).join(' ')}\n`
}

function linuxSquash(share: Share): string[] {
  const user = mapped(share)
  if (user === 'root') return ['no_root_squash']
  if (user === undefined) return ['root_squash']
  return ['root_squash', `anonuid=${user.uid}`, ...(user.gid === undefined ? [] : [`anongid=${user.gid}`])]
}

/**
 * An EXPORT block of nfs-ganesha (ganesha-export-config(8)): NFSv3 on both transports, because FreeBSD's
 * loader reads by UDP and its kernel by TCP; nobody but the clients has access; no reserved port needed, as
 * guests behind NAT have none. Throws BE_EXPORT_PATH and BE_EXPORT_MAPROOT.
 */
export function ganeshaExport(share: Share): string {
  checkPath(share, /["\\\0\n]/, 'nfs-ganesha')
  return `EXPORT {
  Export_Id = ${share.id};
  Path = "${share.path}";
  Pseudo = "${share.path}";
  Protocols = 3;
  Transports = UDP, TCP;
  SecType = sys;
  PrivilegedPort = false;
  Access_Type = None;
  CLIENT {
    Clients = ${share.clients.join(', ')};
    Protocols = 3;
    Access_Type = ${share.readOnly ? 'RO' : 'RW'};
${ganeshaSquash(share)}
  }
  FSAL {
    Name = VFS;
  }
}
`
}

function ganeshaSquash(share: Share): string {
  const user = mapped(share)
  if (user === 'root') return '    Squash = No_Root_Squash;'
  const lines = ['    Squash = Root_Squash;']
  if (user !== undefined) lines.push(`    Anonymous_Uid = ${user.uid};`)
  if (user?.gid !== undefined) lines.push(`    Anonymous_Gid = ${user.gid};`)
  return lines.join('\n')
}

/** maproot for the formats that know numbers only. */
export function mapped({ maproot, be }: Share): 'root' | undefined | { uid: string; gid?: string } {
  if (maproot === undefined) return undefined
  if (/^(root|0)(:(wheel|root|0))?$/.test(maproot)) return 'root'
  const numbers = /^(\d+)(?::(\d+))?$/.exec(maproot)
  if (numbers !== null) return { uid: numbers[1]!, gid: numbers[2] }
  throw new BeError(
    'BE_EXPORT_MAPROOT',
    `maproot=${maproot} of ${be} cannot be written for this NFS server`,
    {
      expected: 'root, or a uid, or uid:gid in digits',
      exit: 'data',
    },
  )
}

function checkPath(share: Share, forbidden: RegExp, reader: string): void {
  const found = forbidden.exec(share.path)
  if (found === null) return
  throw new BeError('BE_EXPORT_PATH', `${reader} cannot take the path ${JSON.stringify(share.path)}`, {
    expected: `a path without ${JSON.stringify(found[0])}`,
    hint: `mount ${share.be} at another path`,
    exit: 'data',
  })
}
