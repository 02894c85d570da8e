import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Step } from '../../host/change.ts'
import { readIfThere } from '../../host/files.ts'
import { MACHINE_ID_FILE, SAVED_SUFFIX } from '../adapt/identity.ts'
import { resolveInside } from '../tree/resolve.ts'
import { TreeFiles } from '../tree/steps.ts'
import { editFstab, type RootOnNfs } from './fstab-edit.ts'
import { GUEST_FILES, guestFile } from './guest-files.ts'
import { editInterfaces, NETWORK_MANAGER, NETWORKD } from './linux-edit.ts'
import { undoEdits } from './marks.ts'
import { editLoader, editRc, rcSettings } from './rc-edit.ts'

/** How a tree is made fit for a root on NFS. */
export interface Preparation extends RootOnNfs {
  /** Absolute path of the tree. */
  root: string
  /** Several machines boot it, so that it must not say which one it is; without, a read-only one. */
  ofMany?: boolean
  /** FreeBSD, read-only: /etc is copied into memory at boot, as diskless(8) has it. */
  memoryEtc?: boolean
}

/** What has to be done, and what a person has to. */
export interface Prepared {
  steps: Step[]
  notes: string[]
}

/** A file of the tree whose text is edited; what is edited has our own earlier edits taken out. */
interface Edit {
  path: string
  edit: (text: string | undefined) => string | undefined
}

/** A file that is all ours; undefined: shall not be there. */
interface Own {
  path: string
  text: string | undefined
  mode?: number
  /** A file that is there and is not ours is left alone. */
  isOurs?: (text: string) => boolean
  /** It comes with the program as it is: nobody has to read it. */
  known?: boolean
}

const RC = 'etc/rc.conf'
const EDITED = {
  freebsd: ['etc/fstab', RC, 'etc/rc.conf.local', 'boot/loader.conf', 'boot/loader.conf.local'],
  linux: ['etc/fstab', 'etc/network/interfaces'],
}
const INTERFACES_D = 'etc/network/interfaces.d'

/** The steps that make a tree fit for a root on NFS; none when it is. Throws BE_TREE_TEXT, BE_TREE_PATH. */
export async function prepare(preparation: Preparation): Promise<Prepared> {
  const files = new TreeFiles(preparation.root)
  const notes: string[] = []
  const guest = await guestTexts(preparation.kind)
  const edits =
    preparation.kind === 'freebsd'
      ? freebsdEdits(preparation, guest.length > 0, notes)
      : await linuxEdits(preparation)
  const steps: Step[] = []
  for (const { path, edit } of edits) {
    const text = await files.read(path)
    steps.push(...(await files.write(path, edit(undoEdits(text)))))
  }
  for (const own of [...guest, ...(await ownFiles(preparation, files))]) {
    steps.push(...(await writeOwn(files, own, notes)))
  }
  steps.push(...(await withoutConf(files, steps)))
  for (const { link } of GUEST_FILES[preparation.kind]) {
    if (link !== undefined && guest.length > 0) steps.push(...(await files.link(link.path, link.target)))
  }
  const { kind, readOnly, ofMany = readOnly } = preparation
  return { steps: [...steps, ...(await (ofMany ? setAside : putBack)(kind, files))], notes }
}

/** The steps that take all of that back. Directories that were made stay, if empty. */
export async function unprepare(root: string, kind: Preparation['kind']): Promise<Step[]> {
  const files = new TreeFiles(root)
  const steps: Step[] = []
  for (const path of [...EDITED[kind], ...(await interfacesD(root, kind))]) {
    steps.push(...(await files.write(path, undoEdits(await files.read(path)))))
  }
  const none: Preparation = { root, kind, server: '', readOnly: false, nfsOptions: '', fileSystems: [] }
  const gone = GUEST_FILES[kind].map(({ to }): Own => ({ path: to, text: undefined, known: true }))
  for (const own of [...gone, ...(await ownFiles(none, files))]) {
    steps.push(...(await writeOwn(files, { ...own, text: undefined }, [])))
  }
  steps.push(...(await withoutConf(files, steps)))
  for (const { link } of GUEST_FILES[kind]) {
    if (link !== undefined) steps.push(...(await files.link(link.path, undefined)))
  }
  return [...steps, ...(await putBack(kind, files))]
}

function freebsdEdits(preparation: Preparation, callsBack: boolean, notes: string[]): Edit[] {
  const settings = { ...rcSettings(preparation.readOnly), ...(callsBack && { nbe_up_enable: 'YES' }) }
  const rc = (path: string, mine: Record<string, string>): Edit => ({
    path,
    edit: text => {
      const overrules = path === RC ? new Set<string>() : new Set(Object.keys(settings))
      const edited = editRc(text, mine, overrules)
      for (const { line, text: said } of edited.byHand) {
        notes.push(`${path}, line ${line}, cuts the root off and has to go by hand: ${said.trim()}`)
      }
      return edited.text
    },
  })
  return [
    { path: 'etc/fstab', edit: text => editFstab(text, preparation) },
    rc(RC, settings),
    rc('etc/rc.conf.local', {}),
    { path: 'boot/loader.conf', edit: editLoader },
    { path: 'boot/loader.conf.local', edit: editLoader },
  ]
}

async function linuxEdits(preparation: Preparation): Promise<Edit[]> {
  const more = await interfacesD(preparation.root, 'linux')
  return [
    { path: 'etc/fstab', edit: text => editFstab(text, preparation) },
    ...['etc/network/interfaces', ...more].map(path => ({ path, edit: editInterfaces })),
  ]
}

/** interfaces(5) reads names of letters, digits, _ and - there. */
export async function interfacesD(root: string, kind: Preparation['kind']): Promise<string[]> {
  const dir = kind === 'linux' ? await resolveInside(root, INTERFACES_D) : undefined
  const names = dir === undefined ? [] : await readdir(dir).catch(() => [])
  return names
    .filter(name => /^[\w-]+$/.test(name))
    .sort()
    .map(name => join(INTERFACES_D, name))
}

/** rc.initdiskless: `remount` is a command that shows the tree's own /etc there, to be copied into memory. */
const CONF = [
  ['conf/base/etc/remount', 'mount_nullfs /etc\n'],
  ['conf/base/etc/md_size', '65536\n'],
] as const

/** A template directory without the command that fills it would make /etc an empty memory disk. */
const withoutConf = async (files: TreeFiles, steps: readonly Step[]): Promise<Step[]> =>
  steps.some(({ what }) => what.startsWith('remove ') && what.endsWith(CONF[0][0]))
    ? files.removeEmpty('conf/base/etc', 'conf/base', 'conf')
    : []

async function ownFiles({ kind, readOnly, memoryEtc }: Preparation, files: TreeFiles): Promise<Own[]> {
  if (kind === 'freebsd') {
    return CONF.map(([path, text]) => ({
      path,
      text: readOnly && memoryEtc ? text : undefined,
      isOurs: there => there === text,
    }))
  }
  const [networkd, manager] = await Promise.all(['etc/systemd', 'etc/NetworkManager'].map(p => files.has(p)))
  return [
    { path: 'etc/systemd/network/00-nbe.network', text: networkd ? NETWORKD : undefined },
    { path: 'etc/NetworkManager/conf.d/nbe.conf', text: manager ? NETWORK_MANAGER : undefined },
  ]
}

async function writeOwn(files: TreeFiles, own: Own, notes: string[]): Promise<Step[]> {
  const there = own.isOurs && (await files.read(own.path))
  if (there !== undefined && !own.isOurs!(there)) {
    if (own.text !== undefined) notes.push(`${own.path} is somebody else's and stays as it is`)
    return []
  }
  const steps = await files.write(own.path, own.text, own.mode)
  return own.known ? steps.map(({ diff: _, ...step }) => step) : steps
}

async function guestTexts(kind: Preparation['kind']): Promise<Own[]> {
  const all = GUEST_FILES[kind].map(async ({ from, to, mode }) => {
    const text = await readIfThere(guestFile(from))
    return text === undefined ? [] : [{ path: to, text, mode, known: true }]
  })
  return (await Promise.all(all)).flat()
}

async function setAside(kind: Preparation['kind'], files: TreeFiles): Promise<Step[]> {
  const path = MACHINE_ID_FILE[kind]
  const text = await files.read(path)
  if (text === undefined || text.trim() === '') return []
  const away = (await files.has(path + SAVED_SUFFIX))
    ? await files.write(path, undefined)
    : await files.move(path, path + SAVED_SUFFIX)
  // An empty one: systemd makes its own at each boot (machine-id(5)).
  const empty: Step = {
    what: `leave ${path} empty`,
    apply: async () => {
      for (const step of await files.write(path, '')) await step.apply?.()
    },
    undo: async () => {
      for (const step of await files.write(path, undefined)) await step.apply?.()
    },
  }
  return kind === 'linux' ? [...away, empty] : away
}

async function putBack(kind: Preparation['kind'], files: TreeFiles): Promise<Step[]> {
  const path = MACHINE_ID_FILE[kind]
  if (!(await files.has(path + SAVED_SUFFIX))) return []
  return [...(await files.write(path, undefined)), ...(await files.move(path + SAVED_SUFFIX, path))]
}
