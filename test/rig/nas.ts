import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { debianKernel, defaultCache, installKernel, script } from './guest.ts'
import { output } from './program.ts'

/** What building a storage host needs beyond the rig's own. */
export const NAS_PACKAGES = ['debootstrap', 'openssh-client']

const INSIDE = ['nfs-kernel-server', 'openssh-server', 'kmod', 'iproute2']

/** The line on which it says that it serves, and that on which it says what it cannot. */
export const NAS_UP = /^NBE-NAS-UP \S+\n/m

/**
 * Fills `dir` with a Debian that serves NFS from its kernel, below /ROOT (in memory), and takes commands of
 * root by ssh from who has the key that belongs to `publicKey`. `udp`: the one thing that a FreeBSD loader
 * needs and Linux does not do by itself.
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

/** A minimal Debian of this host's release, made once; a tree that nobody changes. */
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

/** Where apt takes this host's packages from. */
async function origin(): Promise<{ suite: string; mirror: string }> {
  const format = '$(CODENAME) $(REPO_URI) $(COMPONENT)'
  const targets = await output(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages'])
  const [suite, mirror] = targets.split('\n')[0]!.split(' ')
  if (suite === undefined || mirror === undefined) throw new Error('apt has no list of packages')
  return { suite, mirror }
}
