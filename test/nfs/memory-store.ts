import type { ShareStore } from '../../src/nfs/share.ts'
import type { Share } from '../../src/nfs/share-list.ts'

/** A store in memory. */
export function memoryStore(): ShareStore {
  const shares = new Map<string, Share>()
  return {
    all: () => [...shares.values()],
    put: all => {
      for (const share of all) shares.set(share.be, share)
    },
    remove: bes => {
      for (const be of bes) shares.delete(be)
    },
  }
}
