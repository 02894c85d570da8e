import { join } from 'node:path'
import type { Step } from '../../host/change.ts'
import { TreeReader } from '../tree/read.ts'
import { TreeFiles } from '../tree/steps.ts'
import { editFstab, type RootOnNfs } from './fstab-edit.ts'
import { GUEST_FILES } from './guest-files.ts'
import { editInterfaces } from './linux-edit.ts'
import { restoreMachineId, saveMachineId } from './machine-id.ts'
import { undoEdits } from './marks.ts'
import { callBackFiles, type OwnFile, ownFileSteps, ownFiles } from './own-files.ts'
import { editLoader, editRc, rcSettings } from './rc-edit.ts'

/** What a tree is to be prepared for. */
export interface Preparation extends RootOnNfs {
  /** Absolute path of the tree. */
  root: string
  /** Several machines boot it, so it must not hold the id of one. Default: as `readOnly`. */
  ofMany?: boolean
  /** FreeBSD, read-only: /etc is copied into memory at boot, as by diskless(8). */
  memoryEtc?: boolean
}

export interface Prepared {
  steps: Step[]
  /** What a person has to do or to know. */
  notes: string[]
}

/** An edit of a text file. `edit` gets the text without earlier edits of be prepare. */
interface Edit {
  path: string
  edit: (text: string | undefined) => string | undefined
}

const RC = 'etc/rc.conf'
const INTERFACES_D = 'etc/network/interfaces.d'
const EDITED = {
  freebsd: ['etc/fstab', RC, 'etc/rc.conf.local', 'boot/loader.conf', 'boot/loader.conf.local'],
  linux: ['etc/fstab', 'etc/network/interfaces'],
}

/** The steps that make a tree fit for a root on NFS; none when it is. Throws BE_TREE_TEXT, BE_TREE_PATH. */
export async function prepare(preparation: Preparation): Promise<Prepared> {
  const { kind, root, readOnly, ofMany = readOnly, memoryEtc = false } = preparation
  const files = new TreeFiles(root)
  const notes: string[] = []
  const steps: Step[] = []
  const callBack = await callBackFiles(kind)
  const callsBack = callBack.length > 0
  const edits = kind === 'freebsd' ? freebsdEdits(preparation, callsBack, notes) : linuxEdits(preparation)
  for (const { path, edit } of withoutAliases(edits, files)) {
    const text = await files.read(path)
    steps.push(...(await files.write(path, edit(undoEdits(text)))))
  }
  const own = [...callBack, ...ownFiles(kind, readOnly && memoryEtc, files)]
  steps.push(...(await ownFileSteps(files, own, notes)))
  for (const { link } of GUEST_FILES[kind]) {
    if (link !== undefined && callsBack) steps.push(...files.link(link.path, link.target))
  }
  steps.push(...(await (ofMany ? saveMachineId : restoreMachineId)(kind, files)))
  return { steps, notes }
}

/** The steps that undo all of that. Directories that were made stay, except those of `conf/`. */
export async function unprepare(root: string, kind: Preparation['kind']): Promise<Step[]> {
  const files = new TreeFiles(root)
  const steps: Step[] = []
  const edited = [...EDITED[kind], ...interfacesD(root, kind)].map(path => ({ path }))
  for (const { path } of withoutAliases(edited, files)) {
    steps.push(...(await files.write(path, undoEdits(await files.read(path)))))
  }
  const callBack = GUEST_FILES[kind].map(({ to }): OwnFile => ({ path: to, text: undefined, known: true }))
  const own = ownFiles(kind, false, files).map(file => ({ ...file, text: undefined }))
  steps.push(...(await ownFileSteps(files, [...callBack, ...own], [])))
  for (const { link } of GUEST_FILES[kind]) {
    if (link !== undefined) steps.push(...files.link(link.path, undefined))
  }
  return [...steps, ...(await restoreMachineId(kind, files))]
}

/** Without paths that are links to a file of an earlier one: it is edited once. */
function withoutAliases<T extends { path: string }>(all: readonly T[], files: TreeFiles): T[] {
  const paths = all.map(({ path }) => files.realPath(path))
  return all.filter((_, index) => paths.indexOf(paths[index]!) === index)
}

function freebsdEdits(preparation: Preparation, callsBack: boolean, notes: string[]): Edit[] {
  const { readOnly, ofMany = readOnly } = preparation
  // rc.d/hostname then takes the name that DHCP gave, kenv dhcp.host-name.
  const shared = ofMany ? ['hostname'] : []
  const settings = { ...rcSettings(readOnly), ...(callsBack && { nbe_up_enable: 'YES' }) }
  const names = new Set([...Object.keys(settings), ...shared])
  const edited = (path: string, { text, manual }: ReturnType<typeof editRc>): string | undefined => {
    for (const { line, text: statement } of manual) {
      notes.push(`${path}, line ${line}, cuts the root off and has to go by hand: ${statement.trim()}`)
    }
    return text
  }
  return [
    { path: 'etc/fstab', edit: text => editFstab(text, preparation) },
    { path: RC, edit: text => edited(RC, editRc(text, settings, new Set(shared))) },
    { path: 'etc/rc.conf.local', edit: text => edited('etc/rc.conf.local', editRc(text, {}, names)) },
    { path: 'boot/loader.conf', edit: editLoader },
    { path: 'boot/loader.conf.local', edit: editLoader },
  ]
}

function linuxEdits(preparation: Preparation): Edit[] {
  const more = interfacesD(preparation.root, 'linux')
  return [
    { path: 'etc/fstab', edit: text => editFstab(text, preparation) },
    ...['etc/network/interfaces', ...more].map(path => ({ path, edit: editInterfaces })),
  ]
}

/** The files in interfaces.d, whose names have letters, digits, _ and - only (interfaces(5)). */
export function interfacesD(root: string, kind: Preparation['kind']): string[] {
  const names = kind === 'linux' ? new TreeReader(root).list(INTERFACES_D) : []
  return names.filter(name => /^[\w-]+$/.test(name)).map(name => join(INTERFACES_D, name))
}
