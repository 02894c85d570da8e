import { BeError } from '../../errors/errors.ts'
import type { NfsDriver } from '../../nfs/driver.ts'

/**
 * Whether a share is to be read-only, as far as that is said: by the command, or by a server that knows
 * nothing else. Throws BE_NFS_READ_ONLY when they contradict each other.
 */
export function readOnlyFor({ name, readOnly }: NfsDriver, asked: boolean | undefined): boolean | undefined {
  if (!readOnly) return asked
  if (asked !== false) return true
  throw new BeError('BE_NFS_READ_ONLY', `the ${name} NFS server serves read-only`, {
    hint: 'leave --rw out, or let another server export it (nfs.driver)',
    exit: 'config',
  })
}
