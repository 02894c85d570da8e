import { GANESHA_PACKAGES, PACKAGES } from '../rig/site.ts'
import { ensurePackages } from './packages.ts'

/** Before `npm test`: the Debian packages that tests need, all in one go. */
try {
  await ensurePackages([...PACKAGES, ...GANESHA_PACKAGES, 'libnfs-utils', 'zfs-fuse'])
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
