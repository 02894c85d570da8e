import { BeError, reason } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'

/** Sets a property on the data sets of these that shows how they are shared now. For information: a failure is only reported. */
export async function noteShares(
  { shares, store, warn }: Pick<Lab, 'shares' | 'store' | 'warn'>,
  names: readonly string[],
): Promise<void> {
  const byRights = Map.groupBy(names, name => {
    const share = shares.get(name)
    return share && `${share.readOnly ? 'ro' : 'rw'} ${share.clients.join(' ')}`
  })
  for (const [rights, group] of byRights) {
    await store.noteShares(group, rights).catch(error => {
      // A boot environment that was unshared may have been destroyed.
      if (rights === undefined && error instanceof BeError && error.code === 'BE_ZFS_UNKNOWN') return
      warn(`how ${group.join(', ')} is shared is not noted there: ${reason(error)}`)
    })
  }
}
