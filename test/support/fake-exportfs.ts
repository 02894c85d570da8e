import { Address4 } from 'ip-address'

/** An entry of /var/lib/nfs/etab. */
export interface Entry {
  path: string
  client: string
  options: string[]
}

const KNOWN =
  /^(ro|rw|no_root_squash|root_squash|no_subtree_check|subtree_check|sync|async|insecure|mountpoint|mp|fsid=\d+|anonuid=\d+|anongid=\d+)$/

/**
 * Reads exports like exportfs(8) of Linux, with the errors that it reports (nfs-utils, support/nfs/exports.c and
 * utils/exportfs): the rest of a line after an unknown option is not read, a missing directory is left out, and the
 * other entries are exported.
 */
export function readExports(
  files: Map<string, string>,
  isDirectory: (path: string) => boolean,
): { entries: Entry[]; said: string[] } {
  const entries: Entry[] = []
  const said: string[] = []
  for (const [name, text] of files) {
    for (const [at, line] of text.split('\n').entries()) {
      if (line.trim() === '' || line.startsWith('#')) continue
      const [path = '', ...clients] = line.trim().split(/\s+/).map(unescaped)
      for (const word of clients) {
        const [, client = '', options = ''] = /^([^(]*)(?:\((.*)\))?$/.exec(word) ?? []
        const unknown = options.split(',').find(option => !KNOWN.test(option))
        if (unknown !== undefined) said.push(`exportfs: ${name}:${at + 1}: unknown keyword "${unknown}"`)
        else if (!isDirectory(path)) said.push(`exportfs: Failed to stat ${path}: No such file or directory`)
        else entries.push({ path, client, options: options.split(',') })
      }
    }
  }
  return { entries, said }
}

const unescaped = (word: string): string =>
  Buffer.from(
    Buffer.from(word)
      .toString('latin1')
      .replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    'latin1',
  ).toString()

/** Whether rpc.mountd grants a path to this client. */
export const admits = (
  entries: readonly Entry[],
  path: string,
  client: string,
  isMountPoint: (path: string) => boolean,
): boolean =>
  entries.some(
    entry =>
      entry.path === path &&
      new Address4(client).isInSubnet(new Address4(entry.client)) &&
      (!entry.options.includes('mountpoint') || isMountPoint(path)),
  )
