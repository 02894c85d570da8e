import { isInMemory, isLocal, isOptional, isSwap } from '../prepare/fstab-edit.ts'
import { type FstabEntry, parseFstab } from '../system/fstab.ts'
import { type Checked, type Finding, ON_NFS, prepareHint } from './finding.ts'

/** Findings in fstab(5): local disks, a root that is not on NFS, file systems of other boot environments. */
export function fstabFindings(checked: Checked): Finding[] {
  const { be, fstab = '' } = checked
  const hint = prepareHint(be)
  const entries = parseFstab(fstab).flatMap(({ entry }) => entry ?? [])
  const found = entries.flatMap(entry => onLocalDisk(entry, hint))
  for (const entry of entries) {
    const right = wrongPath(checked, entry)
    if (right === undefined) continue
    const message = `etc/fstab mounts ${entry.source} at ${entry.point}, where this one has ${right}`
    found.push({ code: 'BE_FSTAB_OTHER', stops: ON_NFS, message, hint })
  }
  if (!entries.some(({ point }) => point === '/')) {
    const message = 'etc/fstab has no line for /'
    found.push({ code: 'BE_FSTAB_NO_ROOT', stops: [], message, hint })
  }
  return [...found, ...missingFileSystems(checked, entries, hint), ...unmounted(checked, entries, hint)]
}

/** Entries for file systems below its own path that do not exist: a clone may have fewer than its original. */
function missingFileSystems(
  { be, fileSystems, server }: Checked,
  entries: FstabEntry[],
  hint: string,
): Finding[] {
  const exists = ({ source, point }: FstabEntry) =>
    fileSystems.some(({ inside, path }) => `/${inside}` === point || `${server}:${path}` === source)
  return entries
    .filter(entry => entry.type === 'nfs' && !isOptional(entry) && !exists(entry))
    .filter(({ source }) => source.startsWith(`${server}:${be.path}/`))
    .map(({ source, point }) => ({
      code: 'BE_FSTAB_GONE' as const,
      stops: be.kind === 'freebsd' ? ON_NFS : [],
      message: `etc/fstab mounts ${source} at ${point}, where ${be.name} has no file system`,
      hint,
    }))
}

function onLocalDisk(entry: FstabEntry, hint: string): Finding[] {
  const { source, point } = entry
  if (isSwap(entry)) {
    if (!isLocal(entry)) return []
    const message = `etc/fstab wants swap on ${source}`
    return [{ code: 'BE_FSTAB_SWAP', stops: [], message, hint }]
  }
  if (!isLocal(entry) || isOptional(entry)) return []
  const message = `etc/fstab mounts ${source}, a local disk, at ${point}`
  return [{ code: 'BE_FSTAB_LOCAL', stops: ON_NFS, message, hint }]
}

/** The right source for an NFS entry that names another server or path, as a clone's may; else undefined. */
function wrongPath(
  { fileSystems, server }: Checked,
  { type, point, source }: FstabEntry,
): string | undefined {
  const own = fileSystems.find(({ inside }) => `/${inside}` === point)
  if (type !== 'nfs' || own === undefined) return undefined
  const right = `${server}:${own.path}`
  return source === right ? undefined : right
}

/** Children without an entry, which are empty directories in the guest; /var and /tmp of a read-only root are in memory. */
function unmounted({ fileSystems, readOnly }: Checked, entries: FstabEntry[], hint: string): Finding[] {
  return fileSystems
    .slice(1)
    .filter(({ inside }) => !(readOnly && isInMemory(inside)))
    .filter(({ inside }) => !entries.some(({ point }) => point === `/${inside}`))
    .map(({ inside }) => ({
      code: 'BE_FSTAB_NO_CHILD',
      stops: [],
      message: `etc/fstab does not mount /${inside}, a file system of its own`,
      hint,
    }))
}
