import { Readable } from 'node:stream'
import { BeError } from '../../errors/errors.ts'
import { feed } from '../../host/feed.ts'
import type { Platform } from '../../host/platform.ts'
import type { Arch } from '../be.ts'
import type { Cache } from './cache.ts'
import type { Job, Target } from './job.ts'

export interface DebianQuery {
  arch: Arch
  /** `bookworm`. */
  suite?: string | undefined
  mirror?: string | undefined
  /** Packages beside those of a small system. */
  packages: readonly string[]
}

/** Meta packages of Debian that bring a kernel. */
const KERNELS: Record<Arch, string> = {
  amd64: 'linux-image-amd64',
  i386: 'linux-image-686',
  arm64: 'linux-image-arm64',
}

/** initramfs-tools puts NFS modules and nfsmount in (MODULES=most), and takes root=/dev/nfs for its cue. */
const ALWAYS = ['initramfs-tools']

/** Installs a Debian by debootstrap(8). It cannot go on where it stopped; its packages are kept, so it is soon there. */
export function debianJob(query: DebianQuery, cache: Cache): Job {
  const { arch, suite, mirror = 'http://deb.debian.org/debian', packages } = query
  if (suite === undefined || !/^[a-z][a-z0-9-]*$/.test(suite)) {
    throw new BeError(
      'BE_INSTALL_RELEASE',
      suite === undefined ? 'which Debian?' : `no Debian is called ${JSON.stringify(suite)}`,
      {
        expected: 'the name of a suite, as -r bookworm',
        exit: 'usage',
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
  const include = [KERNELS[arch], ...ALWAYS, ...packages]
  return {
    what: `Debian ${suite} ${arch} from ${mirror}: ${include.join(' ')}`,
    // debootstrap makes its own links, and takes none that are there.
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
 * In namespaces of its own on Linux: killed, it takes all that it started and mounted with it.
 * setpriv(1): the kernel ends it when we die.
 */
const ALONE: Record<Platform, string[]> = {
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
  const { status, stderr } = await feed([...ALONE[platform], ...argv], Readable.from([]), {
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
    return new BeError('BE_PROGRAM_MISSING', 'program debootstrap is not installed', {
      hint: platform === 'linux' ? 'apt-get install debootstrap' : 'pkg install debootstrap',
      exit: 'unavailable',
    })
  }
  return new BeError(
    'BE_INSTALL_DEBOOTSTRAP',
    `debootstrap could not install ${suite} into ${root}: ${said}`,
    {
      hint: `${root}/debootstrap/debootstrap.log says more; is there such a suite at the mirror (-p)?`,
      exit: 'unavailable',
    },
  )
}
