import { BeError, reason } from '../errors.ts'
import type { Rooms } from './rooms.ts'

/** How these are shared now, on the data sets themselves. To read it there is a help to people: it stops nothing. */
export async function noteShares({ shares, store, say }: Rooms, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const share = shares.get(name)
    const rights = share && `${share.readOnly ? 'ro' : 'rw'} ${share.clients.join(' ')}`
    await store.noteShare(name, rights).catch(error => {
      // What is taken back may be gone itself.
      if (share === undefined && error instanceof BeError && error.code === 'BE_UNKNOWN') return
      say(`how ${name} is shared is not noted on it: ${reason(error)}`)
    })
  }
}
