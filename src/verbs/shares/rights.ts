import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import type { NfsDriver } from '../../nfs/driver.ts'

export type RightsLab = Pick<Lab, 'settings' | 'store' | 'shares' | 'assignments' | 'nfs'>

/**
 * Whether a share is to be read-only: always with a server that can only serve read-only, else as wanted (undefined: not
 * given). Throws BE_NFS_READ_ONLY when they contradict each other.
 */
export function readOnlyFor({ name, readOnly }: NfsDriver, wanted: boolean | undefined): boolean | undefined {
  if (!readOnly) return wanted
  if (wanted !== false) return true
  throw new BeError('BE_NFS_READ_ONLY', `the ${name} NFS server serves read-only`, {
    hint: 'leave --rw out, or let another server export it (nfs.driver)',
  })
}

/** Whether a boot environment is shared read-only, or would be if it were shared. */
export async function wouldBeReadOnly(lab: RightsLab, name: string): Promise<boolean> {
  const share = lab.shares.get(name)
  if (share !== undefined) return share.readOnly
  // Only the embedded server is always read-only, and it runs on this host: no connection to nfs.host is needed.
  const driver = lab.settings['nfs.host'] === undefined ? await lab.nfs.driver() : undefined
  return driver?.readOnly ?? lab.settings['nfs.readonly']
}

/** Whether more than one machine may boot it; one that is read-only counts so unless it is assigned to exactly one. */
export function isForMany({ assignments }: RightsLab, name: string, readOnly: boolean): boolean {
  if (assignments.defaultBe() === name) return true
  const machines = assignments.machinesOf(name).length
  return readOnly ? machines !== 1 : machines > 1
}
