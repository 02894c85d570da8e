import { Address4 } from 'ip-address'
import { BeError } from '../errors/errors.ts'
import { escapeOctal, unescapeOctal } from '../host/octal.ts'
import { pathsOf, type Share, type SharedPath } from './share-list.ts'

/**
 * exports(5) of FreeBSD: for each path a line for each client network, and one for all hosts. mountd takes one line
 * for a file system and client: so each path has to be a file system of its own, as a ZFS data set is.
 *
 * Throws BE_EXPORT_PATH for a path that mountd of 12.1 cannot read.
 */
export const freebsdExports = (shares: Share[]): string =>
  shares.flatMap(share => pathsOf(share).flatMap(({ path }) => freebsdLines(share, path))).join('')

function freebsdLines(share: Share, path: string): string[] {
  checkPath(share, path, /[\s"'\\#]/, 'FreeBSD’s mountd')
  const clients = share.clients.map(client => new Address4(client))
  const networks = clients.filter(({ subnetMask }) => subnetMask < 32).map(networkOptions)
  const hosts = clients.filter(({ subnetMask }) => subnetMask === 32).map(host => host.correctForm())
  const sets = hosts.length > 0 ? [...networks, hosts.join(' ')] : networks
  return sets.map(set => `${path}${freebsdOptions(share)} ${set}\n`)
}

function networkOptions(network: Address4): string {
  const mask = Address4.fromInteger(2 ** 32 - 2 ** (32 - network.subnetMask)).correctForm()
  return `-network ${network.correctForm()} -mask ${mask}`
}

const freebsdOptions = (share: Share): string =>
  (share.readOnly ? ' -ro' : '') + (share.maproot === undefined ? '' : ` -maproot=${share.maproot}`)

/**
 * exports(5) of Linux, one line a file system, for /etc/exports.d/*.exports. `fsid` stands in for the UUID that
 * a ZFS data set has not; `mountpoint` keeps the file system below from being exported when one is not mounted.
 * Throws BE_EXPORT_PATH and BE_EXPORT_MAPROOT.
 */
export const linuxExports = (shares: Share[]): string =>
  shares.flatMap(share => pathsOf(share).map(at => linuxLine(share, at))).join('')

/** `client:/path`, as exportfs(8) takes it, of each export in what linuxExports() wrote. */
export const parseLinuxExports = (text: string): string[] =>
  text
    .split('\n')
    .filter(line => line.startsWith('/'))
    .flatMap(line => {
      const [path, ...clients] = line.split(' ')
      return clients.map(client => `${client.split('(', 1)}:${unescapeOctal(path!)}`)
    })

function linuxLine(share: Share, at: SharedPath): string {
  checkPath(share, at.path, /[\0\n]/, 'exports(5)')
  const path = escapeOctal(at.path, /[\t-\r "#\\]/g)
  const rights = [share.readOnly ? 'ro' : 'rw', ...linuxSquash(share), 'no_subtree_check', `fsid=${at.id}`]
  if (at.mountPoint) rights.push('mountpoint')
  return `${path} ${share.clients.map(client => `${client}(${rights.join(',')})`).join(' ')}\n`
}

function linuxSquash(share: Share): string[] {
  const user = rootMapping(share)
  if (user === 'root') return ['no_root_squash']
  if (user === undefined) return ['root_squash']
  return ['root_squash', `anonuid=${user.uid}`, ...(user.gid === undefined ? [] : [`anongid=${user.gid}`])]
}

/**
 * EXPORT blocks of nfs-ganesha (ganesha-export-config(8)), one a file system: NFSv3 on both transports, because FreeBSD's
 * loader reads by UDP and its kernel by TCP; nobody but the clients has access; no reserved port needed, as
 * guests behind NAT have none. Throws BE_EXPORT_PATH and BE_EXPORT_MAPROOT.
 */
export const ganeshaExports = (share: Share): string =>
  pathsOf(share)
    .map(at => ganeshaBlock(share, at))
    .join('')

function ganeshaBlock(share: Share, { path, id }: SharedPath): string {
  checkPath(share, path, /["\\\0\n]/, 'nfs-ganesha')
  return `EXPORT {
  Export_Id = ${id};
  Path = "${path}";
  Pseudo = "${path}";
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
  const user = rootMapping(share)
  if (user === 'root') return '    Squash = No_Root_Squash;'
  const lines = ['    Squash = Root_Squash;']
  if (user !== undefined) lines.push(`    Anonymous_Uid = ${user.uid};`)
  if (user?.gid !== undefined) lines.push(`    Anonymous_Gid = ${user.gid};`)
  return lines.join('\n')
}

/** maproot for the formats that know numbers only. */
export function rootMapping({ maproot, be }: Share): 'root' | undefined | { uid: string; gid?: string } {
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

function checkPath({ be }: Share, path: string, forbidden: RegExp, reader: string): void {
  const found = forbidden.exec(path)
  if (found === null) return
  throw new BeError('BE_EXPORT_PATH', `${reader} cannot take the path ${JSON.stringify(path)}`, {
    expected: `a path without ${JSON.stringify(found[0])}`,
    hint: `mount ${be} at another path`,
    exit: 'data',
  })
}
