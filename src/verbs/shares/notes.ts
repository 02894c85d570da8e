import { BeError, reason } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'

/** How these are shared now, on the data sets themselves. To read it there is a help to people: it stops nothing. */
export async function noteShares({ shares, store, say }: Lab, names: readonly string[]): Promise<void> {
  const alike = Map.groupBy(names, name => {
    const share = shares.get(name)
    return share && `${share.readOnly ? 'ro' : 'rw'} ${share.clients.join(' ')}`
  })
  for (const [rights, whose] of alike) {
    await store.noteShares(whose, rights).catch(error => {
      // What is taken back may be gone itself.
      if (rights === undefined && error instanceof BeError && error.code === 'BE_ZFS_UNKNOWN') return
      say(`how ${whose.join(', ')} is shared is not noted there: ${reason(error)}`)
    })
  }
}
