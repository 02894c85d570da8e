import { readdir } from 'node:fs/promises'
import { basename, relative } from 'node:path'
import type { TreeReader } from '../tree/read.ts'
import { resolveInside } from '../tree/resolve.ts'
import { compareVersions } from './version-order.ts'

/** Paths relative to the root, without links. */
export interface LinuxKernel {
  vmlinuz?: string
  initrd?: string
}

interface Candidate {
  path: string
  /** `6.1.0-44-amd64`; empty where the name has none. */
  version: string
}

/** `vmlinuz`, `vmlinuz-6.1.0-44-amd64`; not `vmlinuz.old`. */
const KERNEL = /^vmlinu[xz](?:-(.+))?$/

/** Debian, SUSE, Fedora, Arch and Alpine in turn: initrd.img-V, initrd-V, initramfs-V.img, initramfs-V. */
const INITRD = /^(?:initrd\.img|initrd|initramfs)(?:-(.+?))?(?:\.img)?$/

/** The newest kernel of the tree, and the initial RAM disk of that same version, or one without version. */
export async function findLinuxKernel(tree: TreeReader): Promise<LinuxKernel> {
  const names = (await Promise.all(['', 'boot'].map(dir => list(tree, dir)))).flat()
  const kernels = await candidates(tree, names, KERNEL)
  const kernel = kernels.sort((a, b) => compareVersions(b.version, a.version))[0]
  if (kernel === undefined) return {}
  const initrds = await candidates(tree, names, INITRD)
  const initrd =
    initrds.find(({ version }) => version === kernel.version) ?? initrds.find(({ version }) => version === '')
  return { vmlinuz: kernel.path, initrd: initrd?.path }
}

/** Names in a directory of the tree, with the directory before them. */
async function list(tree: TreeReader, dir: string): Promise<string[]> {
  const real = await resolveInside(tree.root, dir)
  if (real === undefined) return []
  const names = await readdir(real).catch(() => [])
  return names.sort().map(name => (dir === '' ? name : `${dir}/${name}`))
}

/** Links count as what they lead to: `vmlinuz -> boot/vmlinuz-6.1` has version 6.1. */
async function candidates(tree: TreeReader, paths: string[], pattern: RegExp): Promise<Candidate[]> {
  const found: Candidate[] = []
  for (const path of paths) {
    if (!pattern.test(basename(path))) continue
    const real = await tree.regularFile(path)
    if (real === undefined) continue
    found.push({ path: relative(tree.root, real), version: basename(real).match(pattern)?.[1] ?? '' })
  }
  return found
}
