import { symlinkSync } from 'node:fs'
import { BeError } from '../errors/errors.ts'
import { changeAt } from './tree/changed.ts'
import { makeDirectory, setMode } from './tree/entry.ts'

/** The values of `be create -l`. */
export const LAYOUTS = ['freebsd', 'linux', 'flat'] as const
export type Layout = (typeof LAYOUTS)[number]

/** Throws BE_LAYOUT. */
export function parseLayout(text: string): Layout {
  const layout = LAYOUTS.find(known => known === text)
  if (layout !== undefined) return layout
  throw new BeError('BE_LAYOUT', `no layout ${JSON.stringify(text)}`, {
    expected: LAYOUTS.join(', '),
  })
}

/** A directory and its mode, or a symbolic link and its target. Parents come before children. */
type Entry = [path: string, modeOrTarget: number | string]

const at = (mode: number, ...paths: string[]): Entry[] => paths.map(path => [path, mode])

/** hier(7): the top of etc/mtree/BSD.root.dist, and the mount points of bsdinstall's data sets. */
const FREEBSD: Entry[] = [
  ...at(0o755, 'bin', 'boot', 'boot/kernel', 'boot/modules', 'etc', 'lib', 'libexec', 'media', 'mnt'),
  ...at(0o755, 'net', 'rescue', 'sbin'),
  ...at(0o555, 'dev', 'proc'),
  ...at(0o750, 'root'),
  ...at(0o1777, 'tmp'),
  ...at(0o755, 'usr', 'usr/home', 'usr/ports', 'usr/src'),
  ...at(0o755, 'var', 'var/log'),
  ...at(0o750, 'var/audit', 'var/crash'),
  ...at(0o775, 'var/mail'),
  ...at(0o1777, 'var/tmp'),
]

/** FHS 3.0, section 3, with bin, sbin and lib merged into /usr, as distributions have it. */
const LINUX: Entry[] = [
  ...at(0o755, 'boot', 'dev', 'etc', 'home', 'media', 'mnt', 'opt', 'run', 'srv'),
  ...at(0o555, 'proc', 'sys'),
  ...at(0o700, 'root'),
  ...at(0o1777, 'tmp'),
  ...at(0o755, 'usr', 'usr/bin', 'usr/lib', 'usr/sbin'),
  ...at(0o755, 'var', 'var/log'),
  ...at(0o1777, 'var/tmp'),
  ['bin', 'usr/bin'],
  ['lib', 'usr/lib'],
  ['sbin', 'usr/sbin'],
]

const ENTRIES: Record<Layout, Entry[]> = { freebsd: FREEBSD, linux: LINUX, flat: [] }

/** Makes the layout's directories in `root`, which holds nothing but mount points. Modes do not depend on the umask. */
export async function makeLayout(root: string, layout: Layout): Promise<void> {
  for (const [path, modeOrTarget] of ENTRIES[layout]) {
    changeAt(root, path, ({ name, stat }) => {
      if (typeof modeOrTarget === 'string') symlinkSync(modeOrTarget, name)
      else if (stat === undefined) makeDirectory(name, modeOrTarget)
      else setMode(name, modeOrTarget)
    })
  }
}
