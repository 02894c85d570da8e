import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { fileError } from '../../host/files.ts'
import { SAVED_SUFFIX } from '../prepare/marks.ts'
import { inspect } from '../system/inspect.ts'
import { MACHINE_ID_FILES } from '../system/machine-id.ts'
import { editInside } from '../tree/edit.ts'
import { removeName, syncDirectory } from '../tree/entry.ts'
import { TreeReader } from '../tree/read.ts'
import { atPath, findPlace, type Place } from '../tree/walk.ts'

/**
 * Gives a tree the identity of one machine: ZFS, NFS and DHCP servers take two with the same hostid or machine-id for
 * one. The id is random, as some boards share an SMBIOS UUID.
 * FreeBSD: etc/hostid (rc.d/hostid), etc/machine-id where rc.d/machine_id derives it from that, hostname in
 * etc/rc.conf. Linux: etc/machine-id and etc/hostname, see machine-id(5) and hostname(5), and its name in
 * etc/hosts. A tree without a system stays as it is.
 */
export async function giveIdentity(tree: string, hostName: string): Promise<void> {
  const uuid = randomUUID()
  const { kind } = await inspect('', tree)
  const put = (path: string, text: string): Promise<void> => editInside(tree, path, () => `${text}\n`)
  const machineId = uuid.replaceAll('-', '')
  if (kind !== 'flat') for (const path of MACHINE_ID_FILES[kind]) removeSaved(tree, path + SAVED_SUFFIX)
  if (kind === 'freebsd') {
    await put('etc/hostid', uuid)
    const files = new TreeReader(tree)
    const wanted = files.regularFile('etc/machine-id') ?? files.regularFile('etc/rc.d/machine_id')
    if (wanted !== undefined) await put('etc/machine-id', machineId)
    await editInside(tree, 'etc/rc.conf', text => withHostname(text ?? '', hostName))
  } else if (kind === 'linux') {
    const old = (await new TreeReader(tree).head('etc/hostname', 256))?.toString('utf8').trim()
    await put('etc/machine-id', machineId)
    await put('etc/hostname', hostName)
    if (old) await editInside(tree, 'etc/hosts', text => text && renamedHosts(text, old, hostName))
  }
}

/** Removes the original's id that be prepare saved: be prepare --undo would restore it in every clone. */
function removeSaved(tree: string, path: string): void {
  if (findPlace(tree, path, { follow: 'parents' })?.stat === undefined) return
  try {
    atPath(tree, path, remove, { follow: 'parents' })
  } catch (error) {
    throw fileError(error, 'remove', join(tree, path))
  }
}

function remove({ name }: Place): void {
  removeName(name)
  syncDirectory()
}

/** rc.conf(5) whose last line sets the host's name. */
export function withHostname(text: string, name: string): string {
  const others = text.split('\n').filter(line => !/^\s*hostname=/.test(line))
  while (others.at(-1) === '') others.pop()
  return [...others, `hostname="${name}"`, ''].join('\n')
}

/** hosts(5) with the host name `old` replaced by `name`, with or without a domain behind it. */
const renamedHosts = (text: string, old: string, name: string): string =>
  text
    .split('\n')
    .map(line =>
      line.replace(/^([^#]*)/, words =>
        words.replace(/(\s)([^\s.]+)(?=\.|\s|$)/g, (all, blank, word) => (word === old ? blank + name : all)),
      ),
    )
    .join('\n')
