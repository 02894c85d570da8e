import type { Step } from '../../host/change.ts'
import { readIfThere } from '../../host/files.ts'
import type { TreeFiles } from '../tree/steps.ts'
import { GUEST_FILES, guestFile } from './guest-files.ts'
import { NETWORK_MANAGER, NETWORKD } from './linux-edit.ts'

/** A file that be prepare writes whole. */
export interface OwnFile {
  path: string
  /** Undefined: to be removed. */
  text: string | undefined
  mode?: number
  /** Whether a file of this text was written by be prepare; another one is left alone. */
  isOurs?: (text: string) => boolean
  /** Left out of the differences that are shown: it comes with the program. */
  known?: boolean
}

/** rc.initdiskless: it runs `remount`, which mounts the tree's own /etc there, to be copied into memory. */
const MEMORY_ETC = [
  ['conf/base/etc/remount', 'mount_nullfs /etc\n'],
  ['conf/base/etc/md_size', '65536\n'],
] as const

/** The files for the call-back; none when they are missing from this installation of the program. */
export async function callBackFiles(kind: 'freebsd' | 'linux'): Promise<OwnFile[]> {
  const all = GUEST_FILES[kind].map(async ({ from, to, mode }) => {
    const text = await readIfThere(guestFile(from))
    return text === undefined ? [] : [{ path: to, text, mode, known: true }]
  })
  return (await Promise.all(all)).flat()
}

/** The other files that a tree of this kind needs, or has to be without. */
export function ownFiles(kind: 'freebsd' | 'linux', memoryEtc: boolean, files: TreeFiles): OwnFile[] {
  if (kind === 'freebsd') {
    return MEMORY_ETC.map(([path, text]) => ({
      path,
      text: memoryEtc ? text : undefined,
      isOurs: there => there === text,
    }))
  }
  const manager = files.has('etc/NetworkManager')
  return [
    // Without systemd too: etc/systemd says nothing, as the call-back's unit is there after the first be prepare.
    { path: 'etc/systemd/network/00-nbe.network', text: NETWORKD },
    { path: 'etc/NetworkManager/conf.d/nbe.conf', text: manager ? NETWORK_MANAGER : undefined },
  ]
}

/** The steps that write or remove such files; `notes` gets a line for each that is another's and left alone. */
export async function ownFileSteps(
  files: TreeFiles,
  all: readonly OwnFile[],
  notes: string[],
): Promise<Step[]> {
  const steps: Step[] = []
  for (const own of all) steps.push(...(await writeOwn(files, own, notes)))
  return [...steps, ...removeMemoryEtc(files, steps)]
}

async function writeOwn(files: TreeFiles, own: OwnFile, notes: string[]): Promise<Step[]> {
  const there = own.isOurs && (await files.read(own.path))
  if (there !== undefined && !own.isOurs!(there)) {
    if (own.text !== undefined) notes.push(`${own.path} is somebody else's and stays as it is`)
    return []
  }
  const steps = await files.write(own.path, own.text, own.mode)
  return own.known ? steps.map(({ diff: _, ...step }) => step) : steps
}

/** Removes the template directory with its `remount`: an empty template would make /etc an empty memory disk. */
const removeMemoryEtc = (files: TreeFiles, steps: readonly Step[]): Step[] =>
  steps.some(({ what }) => what.startsWith('remove ') && what.endsWith(MEMORY_ETC[0][0]))
    ? files.removeEmpty('conf/base/etc', 'conf/base', 'conf')
    : []
