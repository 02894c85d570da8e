import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { basename, join } from 'node:path'
import { addBusybox } from './busybox.ts'
import { type CpioEntry, cpio } from './cpio.ts'
import { modulesInOrder } from './modules.ts'
import { output } from './program.ts'

/** Debian's kernel for virtual machines: it has virtio and NFS and little else, so it starts fastest. */
const KERNEL_PACKAGE = 'linux-image-cloud-amd64'
const MODULES = ['virtio_pci', 'virtio_net', 'nfsv3']
const BUSYBOX_PACKAGE = 'busybox-static'
const NBE_UP = join(import.meta.dirname, '../../guest/nbe-up')

/** The files of a kernel and a static busybox, from their packages. */
export interface Kernel {
  /** `6.1.0-56-cloud-amd64` */
  release: string
  vmlinuz: string
  /** `…/lib/modules/<release>` */
  modules: string
  busybox: string
}

/** The newest kernel of KERNEL_PACKAGE, and a busybox, unpacked below `cache`; nothing is installed. */
export const debianKernel = (cache = defaultCache()): Promise<Kernel> => withLists(() => newestKernel(cache))

/** The files of a Debian package, unpacked below `cache`; nothing is installed. */
export const debianFiles = (name: string, cache = defaultCache()): Promise<string> =>
  withLists(() => unpacked(name, cache))

async function withLists<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch {
    // The package lists are missing, or older than the mirror.
    await output(['apt-get', '-q', 'update'])
    return work()
  }
}

export const defaultCache = (): string => join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'nbe')

async function newestKernel(cache: string): Promise<Kernel> {
  const depends = await output(['apt-cache', 'depends', KERNEL_PACKAGE])
  const [, name] = depends.match(/Depends: (linux-image-\S+)/) ?? []
  if (name === undefined) throw new Error(`apt knows no ${KERNEL_PACKAGE}`)
  const tree = await unpacked(name, cache)
  const release = name.replace('linux-image-', '')
  return {
    release,
    vmlinuz: join(tree, 'boot', `vmlinuz-${release}`),
    modules: join(tree, 'lib/modules', release),
    busybox: join(await unpacked(BUSYBOX_PACKAGE, cache), 'bin/busybox'),
  }
}

async function unpacked(name: string, cache: string): Promise<string> {
  const tree = join(cache, name)
  if (!existsSync(tree)) await unpack(name, tree)
  return tree
}

/** Downloads a package and unpacks it; `tree` is made whole or not at all. */
async function unpack(name: string, tree: string): Promise<void> {
  const work = `${tree}.${process.pid}`
  mkdirSync(work, { recursive: true })
  try {
    await output(['apt-get', 'download', '-o', 'APT::Sandbox::User=root', name], { cwd: work })
    const deb = readdirSync(work).find(file => file.endsWith('.deb'))
    await output(['dpkg-deb', '-x', join(work, deb!), join(work, 'tree')])
    // Another process may have made it meanwhile.
    if (!existsSync(tree)) renameSync(join(work, 'tree'), tree)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

export const script = (name: string): Buffer => readFileSync(join(import.meta.dirname, 'guest', name))

/** An initial RAM disk that configures the network card, mounts `nfsroot=` and switches to that root. */
export function initrd(kernel: Kernel): Buffer {
  const modules = modulesInOrder(kernel.modules, MODULES)
  const directories = ['bin', 'dev', 'lib', 'lib/modules', 'proc', 'root', 'sys']
  const entries: CpioEntry[] = directories.map(path => ({ path, type: 'directory' }))
  entries.push({ path: 'bin/busybox', type: 'file', mode: 0o755, data: readFileSync(kernel.busybox) })
  entries.push({ path: 'bin/sh', type: 'link', target: 'busybox' })
  for (const file of modules) {
    entries.push({ path: `lib/modules/${basename(file)}`, type: 'file', data: readFileSync(file) })
  }
  const order = modules.map(file => `${basename(file)}\n`).join('')
  entries.push({ path: 'lib/modules/order', type: 'file', data: Buffer.from(order) })
  entries.push({ path: 'init', type: 'file', mode: 0o755, data: script('initrd-init') })
  return cpio(entries)
}

/**
 * Fills `dir` with a small Linux BE called `be`: Debian's kernel, our initial RAM disk, busybox. When it is up it prints
 * one line, `NBE-UP be=… root=… type=… machine=… kernel=…`, runs nbe-up, and powers off; with `keep` (the word
 * `nbe.keep` in boot/cmdline) it runs a shell on the console first.
 */
export async function buildGuest(dir: string, be: string, options: { keep?: boolean } = {}): Promise<Kernel> {
  const kernel = await debianKernel()
  for (const name of ['boot', 'dev', 'etc', 'proc', 'run', 'sys', 'tmp', 'usr/bin', 'usr/sbin', 'var']) {
    mkdirSync(join(dir, name), { recursive: true })
  }
  for (const name of ['bin', 'sbin']) symlinkSync(`usr/${name}`, join(dir, name))
  await addBusybox(dir, kernel.busybox)
  writeFileSync(join(dir, 'sbin/init'), script('init'), { mode: 0o755 })
  mkdirSync(join(dir, 'usr/local/libexec'), { recursive: true })
  cpSync(NBE_UP, join(dir, 'usr/local/libexec/nbe-up'))
  symlinkSync('../local/libexec/nbe-up', join(dir, 'usr/bin/nbe-up'))
  writeFileSync(join(dir, 'etc/nbe-be'), `${be}\n`)
  writeFileSync(join(dir, 'etc/os-release'), 'ID=nbe-guest\nPRETTY_NAME="nbe guest"\n')
  installKernel(dir, kernel, `quiet panic=-1${options.keep ? ' nbe.keep' : ''}`)
  return kernel
}

/** Adds a kernel, our initial RAM disk and a kernel command line to a tree. */
export function installKernel(dir: string, kernel: Kernel, cmdline: string): void {
  cpSync(kernel.vmlinuz, join(dir, 'boot', `vmlinuz-${kernel.release}`))
  writeFileSync(join(dir, 'boot', `initrd.img-${kernel.release}`), initrd(kernel))
  writeFileSync(join(dir, 'boot/cmdline'), `${cmdline}\n`)
}
