import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianKernel, defaultCache, installKernel, script } from './guest.ts'
import { output } from './program.ts'

/** Debian packages for building a storage host, besides those of site.ts. */
export const NAS_PACKAGES = ['debootstrap', 'openssh-client']

const INSIDE = ['nfs-kernel-server', 'openssh-server', 'kmod', 'iproute2']

/** The line that it prints when it serves. */
export const NAS_UP = /^NBE-NAS-UP \S+\n/m

/**
 * Fills `dir` with a Debian that exports /ROOT (in memory) by the kernel's NFS server and runs commands by ssh for root
 * with the key of `publicKey`. `udp`: serve NFS on UDP as well, which FreeBSD's loader needs and Linux does not do by
 * default.
 */
export async function buildNas(dir: string, publicKey: string, { udp }: { udp: boolean }): Promise<void> {
  const kernel = await debianKernel()
  cpSync(await debian(), dir, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true })
  cpSync(kernel.modules, join(dir, 'lib/modules', kernel.release), { recursive: true })
  await output(['chroot', dir, 'depmod', kernel.release])
  installKernel(dir, kernel, `quiet panic=-1${udp ? ' nbe.udp' : ''}`)
  writeFileSync(join(dir, 'sbin/nas-init'), script('nas-init'), { mode: 0o755 })
  rmSync(join(dir, 'sbin/init'), { force: true })
  cpSync(join(dir, 'sbin/nas-init'), join(dir, 'sbin/init'))
  mkdirSync(join(dir, 'root/.ssh'), { mode: 0o700, recursive: true })
  writeFileSync(join(dir, 'root/.ssh/authorized_keys'), publicKey, { mode: 0o600 })
  mkdirSync(join(dir, 'ROOT'), { recursive: true })
}

/** A minimal Debian of this host's release, made once; the tree must not be changed. */
async function debian(): Promise<string> {
  const tree = join(defaultCache(), 'debian-nas')
  if (existsSync(tree)) return tree
  const work = `${tree}.${process.pid}`
  const { suite, mirror } = await origin()
  try {
    mkdirSync(defaultCache(), { recursive: true })
    await output(['debootstrap', '--variant=minbase', `--include=${INSIDE.join(',')}`, suite, work, mirror])
    if (!existsSync(tree)) renameSync(work, tree)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return tree
}

/** The suite and mirror of this host's apt. */
async function origin(): Promise<{ suite: string; mirror: string }> {
  const format = '$(CODENAME) $(REPO_URI) $(COMPONENT)'
  const targets = await output(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages'])
  const [suite, mirror] = targets.split('\n')[0]!.split(' ')
  if (suite === undefined || mirror === undefined) throw new Error('apt has no list of packages')
  return { suite, mirror }
}
