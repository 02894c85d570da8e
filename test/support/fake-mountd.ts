import { Address4 } from 'ip-address'
import { mountOf } from '../../src/host/mount-table.ts'
import type { FakeHost } from './fake-host.ts'

/** What mountd exports after reading its files. */
export interface Exports {
  /** Paths that MNT grants → the networks of clients; none: all clients. */
  granted: Map<string, string[]>
  /** Paths that showmount -e lists, including those that the kernel refused. */
  listed: string[]
  /** Messages to syslog. */
  said: string[]
}

const OPTIONS = /^-(ro|o|maproot(=[\w.:]+)?|mapall(=[\w.:]+)?|alldirs|quiet|sec=\w+|network|mask)$/
const SYMLINK = 'symbolic link in export path or statfs failed'

/**
 * Reads exports like FreeBSD's mountd, with the errors that it reports: a line with an error is logged to syslog and
 * skipped, the others are exported (usr.sbin/mountd/mountd.c, get_exportlist_one). The kernel accepts each file system
 * once for each network (sys/kern/vfs_export.c); a path that it refuses stays in the list of exports.
 */
export function readExports(host: FakeHost, files: string[]): Exports {
  const exports: Exports = { granted: new Map(), listed: [], said: [] }
  const credentials = new Set<string>()
  for (const name of files) {
    const text = host.files.get(name)
    if (text === undefined) exports.said.push(`can't open ${name}`)
    for (const line of (text ?? '').split('\n')) {
      if (line.trim() === '' || line.startsWith('#')) continue
      const why = readLine(host, line, exports, credentials)
      if (why !== undefined) exports.said.push(why, `bad exports list line '${line.slice(0, 60)}'`)
    }
  }
  return exports
}

/** Adds the exports of a line; answers its error, if any. */
function readLine(
  host: FakeHost,
  line: string,
  exports: Exports,
  credentials: Set<string>,
): string | undefined {
  if (/["'\\]/.test(line)) return 'quotes'
  const words = line.trim().split(/\s+/)
  const paths = words.filter((word, at) => word.startsWith('/') && !words[at - 1]?.startsWith('-'))
  const rest = words.slice(paths.length)
  if (paths.length === 0) return 'flag before export path definition'
  if (rest.some(word => word.startsWith('/'))) return 'dirs must be first'
  for (const path of paths) if (!isPlain(host, path)) return SYMLINK
  const points = new Set(paths.map(path => mountOf(host.mounts, path).point))
  if (points.size > 1) return 'fsid mismatch'
  const wrong = rest.find(word => word.startsWith('-') && !OPTIONS.test(word))
  if (wrong !== undefined) return `bad opt ${wrong}`
  if (rest.includes('-alldirs') && paths.length > 1) return '-alldirs has multiple directories'
  const networks = networksOf(rest)
  if (typeof networks === 'string') return networks
  exports.listed.push(...paths)
  for (const network of networks.length === 0 ? ['world'] : networks) {
    const credential = `${[...points][0]} ${network}`
    if (credentials.has(credential)) {
      const words = `can't change attributes for ${paths.at(-1)}: netcred already exists for given addr/mask`
      return words
    }
    credentials.add(credential)
  }
  for (const path of paths) {
    exports.granted.set(path, [...(exports.granted.get(path) ?? []), ...networks])
  }
  return undefined
}

const isPlain = (host: FakeHost, path: string): boolean =>
  host.directories.has(path) && !host.links.has(path) && !/\/\.\.?(\/|$)/.test(path)

/** The networks of a line, or the error in them. */
function networksOf(words: string[]): string[] | string {
  const at = words.indexOf('-network')
  const values = new Set([at + 1, words.indexOf('-mask') + 1].map(i => words[i]))
  const hosts = words.filter(word => !word.startsWith('-') && !(at >= 0 && values.has(word)))
  if (at < 0)
    return hosts.every(host => Address4.isValid(host)) ? hosts.map(host => `${host}/32`) : 'bad host'
  if (hosts.length > 0) return 'network/host conflict'
  const mask = words[words.indexOf('-mask') + 1]
  if (!words.includes('-mask') || mask === undefined) return 'no mask'
  const prefix = [...new Address4(mask).binaryZeroPad()].filter(bit => bit === '1').length
  return [`${words[at + 1]}/${prefix}`]
}

/** Whether MNT grants a path to this client. */
export const admits = (networks: string[], client: string): boolean =>
  networks.length === 0 || networks.some(network => new Address4(client).isInSubnet(new Address4(network)))
