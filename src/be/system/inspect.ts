import type { Arch, Bootables, BootEnvironment } from '../be.ts'
import { readInstalling } from '../tree/install-marker.ts'
import { TreeReader } from '../tree/read.ts'
import { IMAGE_HEAD, type Image, readImage } from './image.ts'
import { findLinuxKernel } from './linux-kernel.ts'
import { freebsdRelease, osRelease } from './release.ts'

/**
 * What system the tree at `path` holds and what it can boot with. The arch is read from the headers of executables.
 * What cannot be read is absent. Never throws: the tree is untrusted.
 */
export async function inspect(name: string, path: string): Promise<BootEnvironment> {
  const tree = new TreeReader(path)
  const found = (await freebsd(tree)) ?? (await linux(tree)) ?? { kind: 'flat', boots: {} }
  const installing = (await readInstalling(tree)) !== undefined
  return { name, path, ...found, ...(installing && { boots: {}, installing }) }
}

type Found = Omit<BootEnvironment, 'name' | 'path'>

/**
 * Tried before Linux: FreeBSD 13 and later have etc/os-release too. Trees older than 10.0 have no freebsd-version(1),
 * and a userland for jails has no kernel: those are recognised by the ABI of bin/sh.
 */
async function freebsd(tree: TreeReader): Promise<Found | undefined> {
  const [pxeboot, loaderEfi, plain, packed, version] = [
    'boot/pxeboot',
    'boot/loader.efi',
    'boot/kernel/kernel',
    'boot/kernel/kernel.gz',
    'bin/freebsd-version',
  ].map(path => tree.regularFile(path))
  const [os, shell] = await Promise.all([osRelease(tree), image(tree, 'bin/sh')])
  const marked = [pxeboot, loaderEfi, plain, packed, version].some(found => found !== undefined)
  if (!marked && os?.id !== 'freebsd' && shell?.freebsd !== true) return undefined

  // Paths with links unresolved: the loader asks for exactly these names.
  const boots: Bootables = {}
  if (pxeboot !== undefined) boots.pxeboot = 'boot/pxeboot'
  if (plain !== undefined) boots.kernel = 'boot/kernel/kernel'
  else if (packed !== undefined) boots.kernel = 'boot/kernel/kernel.gz'
  const loaderArch = (await image(tree, 'boot/loader.efi'))?.arch
  const kernelArch = (await image(tree, boots.kernel))?.arch
  const arch = kernelArch ?? loaderArch ?? shell?.arch
  if (loaderEfi !== undefined && (loaderArch ?? arch) === arch) boots.loaderEfi = 'boot/loader.efi'
  return found('freebsd', arch, (await freebsdRelease(tree)) ?? os?.prettyName, boots)
}

async function linux(tree: TreeReader): Promise<Found | undefined> {
  const os = await osRelease(tree)
  const { vmlinuz, initrd } = findLinuxKernel(tree)
  if (os === undefined && vmlinuz === undefined) return undefined
  const boots: Bootables = {}
  if (vmlinuz !== undefined) boots.vmlinuz = vmlinuz
  if (initrd !== undefined) boots.initrd = initrd
  return found('linux', await linuxArch(tree, vmlinuz), os?.prettyName ?? os?.id, boots)
}

async function linuxArch(tree: TreeReader, vmlinuz: string | undefined): Promise<Arch | undefined> {
  for (const path of [vmlinuz, 'bin/sh', 'sbin/init']) {
    const arch = (await image(tree, path))?.arch
    if (arch !== undefined) return arch
  }
  return undefined
}

function found(
  kind: Found['kind'],
  arch: Arch | undefined,
  release: string | undefined,
  boots: Bootables,
): Found {
  return { kind, ...(arch && { arch }), ...(release && { release }), boots }
}

async function image(tree: TreeReader, path: string | undefined): Promise<Image | undefined> {
  const head = path && (await tree.head(path, IMAGE_HEAD))
  return head ? readImage(head) : undefined
}
