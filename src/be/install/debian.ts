import { Readable } from 'node:stream'
import { BeError } from '../../errors/errors.ts'
import { feed } from '../../host/feed.ts'
import type { Platform } from '../../host/platform.ts'
import { programMissing } from '../../host/run.ts'
import type { InstallArch } from '../be.ts'
import type { Cache } from './cache.ts'
import type { Job, Target } from './job.ts'

export interface DebianQuery {
  arch: InstallArch
  /** `bookworm`. */
  suite?: string | undefined
  mirror?: string | undefined
  /** Packages to be installed besides those of a minimal system. */
  packages: readonly string[]
}

/** Debian's meta packages for the kernel. */
const KERNELS: Record<InstallArch, string> = {
  amd64: 'linux-image-amd64',
  i386: 'linux-image-686',
  arm64: 'linux-image-arm64',
}

/** initramfs-tools includes NFS modules and nfsmount (MODULES=most), and mounts the root on root=/dev/nfs. */
const BASE_PACKAGES = ['initramfs-tools']

/**
 * Installs Debian by debootstrap(8), which cannot resume; it is quick to repeat, as its packages are cached. It begins
 * with an empty tree, and is not confined to it: scripts of the packages run as root, so the mirror has to be trusted in
 * any case. debootstrap checks its signature, where this host has the keyring.
 */
export function debianJob(query: DebianQuery, cache: Cache): Job {
  const { arch, suite, mirror = 'http://deb.debian.org/debian', packages } = query
  if (suite === undefined || !/^[a-z][a-z0-9-]*$/.test(suite)) {
    throw new BeError(
      'BE_INSTALL_RELEASE',
      suite === undefined ? 'which Debian?' : `no Debian is called ${JSON.stringify(suite)}`,
      {
        expected: 'the name of a suite, as -r bookworm',
      },
    )
  }
  for (const name of packages) {
    if (!/^[a-z0-9][a-z0-9+.-]+$/.test(name)) {
      throw new BeError('BE_INSTALL_SET', `${JSON.stringify(name)} names no Debian package`, {
        exit: 'usage',
      })
    }
  }
  const include = [KERNELS[arch], ...BASE_PACKAGES, ...packages]
  return {
    what: `Debian ${suite} ${arch} from ${mirror}: ${include.join(' ')}`,
    // debootstrap makes links such as bin -> usr/bin itself, and fails on existing ones.
    layout: 'flat',
    resumable: false,
    parts: [
      {
        name: suite,
        what: `run debootstrap for ${suite} from ${mirror}, with ${include.join(', ')}`,
        put: target =>
          debootstrap(target, [`--arch=${arch}`, `--include=${include.join(',')}`], suite, mirror, cache),
      },
    ],
  }
}

/**
 * On Linux debootstrap runs in mount and PID namespaces of its own: when it is killed, all that it started or mounted
 * goes as well. setpriv(1) has the kernel kill it when this process dies.
 */
const IN_NAMESPACES: Record<Platform, string[]> = {
  linux: [
    ...['setpriv', '--pdeathsig', 'KILL', 'unshare', '--mount', '--propagation', 'private'],
    ...['--pid', '--fork', '--kill-child', '--mount-proc'],
  ],
  freebsd: [],
}

async function debootstrap(
  { root, platform, progress }: Target,
  options: string[],
  suite: string,
  mirror: string,
  cache: Cache,
): Promise<void> {
  const argv = ['debootstrap', ...options, `--cache-dir=${cache.make()}`, suite, root, mirror]
  let last = ''
  const onLine = (line: string) => {
    last = line
    progress(line.replace(/^[IWE]: /, '').replace(/[^\x20-\x7e]/g, ''), 0, undefined)
  }
  const { status, stderr } = await feed([...IN_NAMESPACES[platform], ...argv], Readable.from([]), {
    platform,
    onLine,
  })
  if (status === 0) return
  const said =
    stderr.split('\n').findLast(line => line.startsWith('E: ')) ?? (stderr.trim().split('\n').at(-1) || last)
  throw debootstrapError(said.replace(/^E: /, ''), suite, root, platform)
}

function debootstrapError(said: string, suite: string, root: string, platform: Platform): BeError {
  if (/failed to execute debootstrap|debootstrap: .*not found/.test(said)) {
    return programMissing('debootstrap', platform)
  }
  return new BeError(
    'BE_INSTALL_DEBOOTSTRAP',
    `debootstrap could not install ${suite} into ${root}: ${said}`,
    {
      hint: `${root}/debootstrap/debootstrap.log says more; is there such a suite at the mirror (-p)?`,
    },
  )
}
