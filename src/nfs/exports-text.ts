import { Address4 } from 'ip-address'
import { BeError } from '../errors/errors.ts'
import { escapeOctal, unescapeOctal } from '../host/octal.ts'
import { rootMapping } from './maproot.ts'
import { pathsOf, type Share, type SharedPath } from './share-list.ts'

/**
 * exports(5) of FreeBSD: for each path one line for each client network, and one for all hosts. mountd accepts a
 * file system once for each client, so each path has to be a file system of its own, as a ZFS data set is.
 *
 * Throws BE_EXPORT_PATH for a path that mountd of 12.1 cannot parse.
 */
export const freebsdExports = (shares: Share[]): string =>
  shares.flatMap(share => pathsOf(share).flatMap(({ path }) => freebsdLines(share, path))).join('')

function freebsdLines(share: Share, path: string): string[] {
  checkExportPath(share, path, /[\s"'\\#]/, 'FreeBSD’s mountd')
  const clients = share.clients.map(client => new Address4(client))
  const networks = clients.filter(({ subnetMask }) => subnetMask < 32).map(networkOptions)
  const hosts = clients.filter(({ subnetMask }) => subnetMask === 32).map(host => host.correctForm())
  const clientSets = hosts.length > 0 ? [...networks, hosts.join(' ')] : networks
  return clientSets.map(set => `${path}${freebsdOptions(share)} ${set}\n`)
}

function networkOptions(network: Address4): string {
  const mask = Address4.fromInteger(2 ** 32 - 2 ** (32 - network.subnetMask)).correctForm()
  return `-network ${network.correctForm()} -mask ${mask}`
}

const freebsdOptions = (share: Share): string =>
  (share.readOnly ? ' -ro' : '') + (share.maproot === undefined ? '' : ` -maproot=${share.maproot}`)

/**
 * exports(5) of Linux, one line for each path, for /etc/exports.d/*.exports. `fsid` identifies the file system in
 * handles, as a ZFS data set has no UUID; `mountpoint` prevents that, while a data set is not mounted, the file
 * system below is exported in its place. Throws BE_EXPORT_PATH and BE_EXPORT_MAPROOT.
 */
export const linuxExports = (shares: Share[]): string =>
  shares.flatMap(share => pathsOf(share).map(shared => linuxLine(share, shared))).join('')

/** The exports in a text of linuxExports(), each as `client:/path`: the arguments of exportfs(8). */
export const parseLinuxExports = (text: string): string[] =>
  text
    .split('\n')
    .filter(line => line.startsWith('/'))
    .flatMap(line => {
      const [path, ...clients] = line.split(' ')
      return clients.map(client => `${client.split('(', 1)}:${unescapeOctal(path!)}`)
    })

function linuxLine(share: Share, shared: SharedPath): string {
  checkExportPath(share, shared.path, /[\0\n]/, 'exports(5)')
  const path = escapeOctal(shared.path, /[\t-\r "#\\]/g)
  const options = [
    share.readOnly ? 'ro' : 'rw',
    ...linuxSquash(share),
    'no_subtree_check',
    `fsid=${shared.id}`,
  ]
  if (shared.mountPoint) options.push('mountpoint')
  return `${path} ${share.clients.map(client => `${client}(${options.join(',')})`).join(' ')}\n`
}

function linuxSquash(share: Share): string[] {
  const user = rootMapping(share)
  if (user === 'root') return ['no_root_squash']
  if (user === undefined) return ['root_squash']
  return ['root_squash', `anonuid=${user.uid}`, ...(user.gid === undefined ? [] : [`anongid=${user.gid}`])]
}

/**
 * EXPORT blocks of nfs-ganesha (ganesha-export-config(8)), one for each path: NFSv3 over both transports, because
 * FreeBSD's loader reads by UDP and its kernel by TCP; access for the clients alone; from any source port, because
 * guests behind NAT have no reserved one. Throws BE_EXPORT_PATH and BE_EXPORT_MAPROOT.
 */
export const ganeshaExports = (share: Share): string =>
  pathsOf(share)
    .map(shared => ganeshaBlock(share, shared))
    .join('')

function ganeshaBlock(share: Share, { path, id }: SharedPath): string {
  checkExportPath(share, path, /["\\\0\n]/, 'nfs-ganesha')
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

/** Throws BE_EXPORT_PATH for a path with a character that `reader` cannot parse. */
export function checkExportPath({ be }: Share, path: string, forbidden: RegExp, reader: string): void {
  const found = forbidden.exec(path)
  if (found === null) return
  throw new BeError('BE_EXPORT_PATH', `${reader} cannot take the path ${JSON.stringify(path)}`, {
    expected: `a path without ${JSON.stringify(found[0])}`,
    hint: `mount ${be} at another path`,
  })
}
