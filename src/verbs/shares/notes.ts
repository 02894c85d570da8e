import { BeError, reason } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'

/** Writes how these are shared now on their data sets, for people to read there: a failure is reported, no more. */
export async function noteShares(
  { shares, store, say }: Pick<Lab, 'shares' | 'store' | 'say'>,
  names: readonly string[],
): Promise<void> {
  const byRights = Map.groupBy(names, name => {
    const share = shares.get(name)
    return share && `${share.readOnly ? 'ro' : 'rw'} ${share.clients.join(' ')}`
  })
  for (const [rights, group] of byRights) {
    await store.noteShares(group, rights).catch(error => {
      // What was unshared may be gone.
      if (rights === undefined && error instanceof BeError && error.code === 'BE_ZFS_UNKNOWN') return
      say(`how ${group.join(', ')} is shared is not noted there: ${reason(error)}`)
    })
  }
}
