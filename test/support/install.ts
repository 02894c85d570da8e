import { NAS_PACKAGES } from '../rig/nas.ts'
import { GANESHA_PACKAGES, PACKAGES } from '../rig/site.ts'
import { ensurePackages } from './packages.ts'

const OTHERS = [
  'attr',
  'busybox-static',
  'libarchive-tools',
  'libnfs-utils',
  'openssh-server',
  'tcsh',
  'zfs-fuse',
]

/** Before `npm test`: installs the Debian packages that tests need. */
try {
  await ensurePackages([...PACKAGES, ...GANESHA_PACKAGES, ...NAS_PACKAGES, ...OTHERS])
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
