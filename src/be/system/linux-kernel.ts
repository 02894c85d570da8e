import { basename } from 'node:path'
import type { TreeReader } from '../tree/read.ts'
import { compareVersions } from './version-order.ts'

/** Paths relative to the root of the tree, links resolved. */
export interface LinuxKernel {
  vmlinuz?: string
  initrd?: string
}

interface Candidate {
  path: string
  /** `6.1.0-44-amd64`; `''` where the name has none. */
  version: string
}

/** `vmlinuz`, `vmlinuz-6.1.0-44-amd64`; not `vmlinuz.old`. */
const KERNEL = /^vmlinu[xz](?:-(.+))?$/

/** Names of initial RAM disks: initrd.img-V (Debian), initrd-V (SUSE), initramfs-V.img (Fedora, Arch), initramfs-V (Alpine). */
const INITRD = /^(?:initrd\.img|initrd|initramfs)(?:-(.+?))?(?:\.img)?$/

/** The newest kernel of the tree, and the initial RAM disk of the same version, else one without a version. */
export function findLinuxKernel(tree: TreeReader): LinuxKernel {
  const names = ['', 'boot'].flatMap(dir => list(tree, dir))
  const kernels = candidates(tree, names, KERNEL)
  const kernel = kernels.sort((a, b) => compareVersions(b.version, a.version))[0]
  if (kernel === undefined) return {}
  const initrds = candidates(tree, names, INITRD)
  const initrd =
    initrds.find(({ version }) => version === kernel.version) ?? initrds.find(({ version }) => version === '')
  return { vmlinuz: kernel.path, initrd: initrd?.path }
}

/** The paths of what is in a directory of the tree. */
const list = (tree: TreeReader, dir: string): string[] =>
  tree.list(dir).map(name => (dir === '' ? name : `${dir}/${name}`))

/** The regular files whose names match. A link has the version of its target: `vmlinuz -> boot/vmlinuz-6.1` is 6.1. */
function candidates(tree: TreeReader, paths: string[], pattern: RegExp): Candidate[] {
  const found: Candidate[] = []
  for (const path of paths) {
    if (!pattern.test(basename(path))) continue
    const real = tree.regularFile(path)
    if (real === undefined) continue
    found.push({ path: real, version: basename(real).match(pattern)?.[1] ?? '' })
  }
  return found
}
