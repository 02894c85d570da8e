import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { removeFile } from '../../host/files.ts'
import { inspect } from '../system/inspect.ts'
import { editInside } from '../tree/edit.ts'
import { TreeReader } from '../tree/read.ts'
import { resolveInside } from '../tree/resolve.ts'

/** etc/hostid of rc.d/hostid, machine-id(5): of a tree that many boot, each would be the same machine. */
export const MACHINE_ID_FILE = { freebsd: 'etc/hostid', linux: 'etc/machine-id' } as const

/** Behind its name: where be prepare sets it aside in a tree that many boot, so that each makes one. */
export const SAVED_SUFFIX = '.nbe-saved'

/**
 * Makes a tree that of one machine: two with one hostid or machine-id are one
 * to ZFS, to NFS and to DHCP servers. Random, as there are boards that share an SMBIOS UUID.
 * FreeBSD: etc/hostid (rc.d/hostid), etc/machine-id where rc.d/machine_id makes one of it, hostname in
 * etc/rc.conf. Linux: etc/machine-id and etc/hostname, see machine-id(5) and hostname(5), and its name in
 * etc/hosts. A tree without a system stays as it is.
 */
export async function giveIdentity(tree: string, hostName: string): Promise<void> {
  const uuid = randomUUID()
  const { kind } = await inspect('', tree)
  const put = (path: string, text: string): Promise<void> => editInside(tree, path, () => `${text}\n`)
  const machineId = uuid.replaceAll('-', '')
  if (kind !== 'flat') await removeSaved(tree, MACHINE_ID_FILE[kind] + SAVED_SUFFIX)
  if (kind === 'freebsd') {
    await put('etc/hostid', uuid)
    const files = new TreeReader(tree)
    const wanted =
      (await files.regularFile('etc/machine-id')) ?? (await files.regularFile('etc/rc.d/machine_id'))
    if (wanted !== undefined) await put('etc/machine-id', machineId)
    await editInside(tree, 'etc/rc.conf', text => withHostname(text ?? '', hostName))
  } else if (kind === 'linux') {
    const old = (await new TreeReader(tree).head('etc/hostname', 256))?.toString('utf8').trim()
    await put('etc/machine-id', machineId)
    await put('etc/hostname', hostName)
    if (old) await editInside(tree, 'etc/hosts', text => text && renamedHosts(text, old, hostName))
  }
}

/** What was set aside is the original's: put back one day, it would be the id of all its clones. */
async function removeSaved(tree: string, path: string): Promise<void> {
  const directory = await resolveInside(tree, dirname(path))
  if (directory !== undefined) await removeFile(join(directory, basename(path)))
}

/** rc.conf(5) in which the last word on the host's name is this one. */
export function withHostname(text: string, name: string): string {
  const others = text.split('\n').filter(line => !/^\s*hostname=/.test(line))
  while (others.at(-1) === '') others.pop()
  return [...others, `hostname="${name}"`, ''].join('\n')
}

/** Every name of hosts(5) that is `old`, or `old` with a domain, under its new name. */
const renamedHosts = (text: string, old: string, name: string): string =>
  text
    .split('\n')
    .map(line =>
      line.replace(/^([^#]*)/, words =>
        words.replace(/(\s)([^\s.]+)(?=\.|\s|$)/g, (all, blank, word) => (word === old ? blank + name : all)),
      ),
    )
    .join('\n')
