import { BeError } from '../errors/errors.ts'
import type { Share } from './share-list.ts'

/**
 * The user that a client's root becomes, for formats that take numbers only: `root` is not mapped, undefined is
 * mapped to nobody. Throws BE_EXPORT_MAPROOT for a user given by name.
 */
export function rootMapping({ maproot, be }: Share): 'root' | undefined | { uid: string; gid?: string } {
  if (maproot === undefined) return undefined
  if (/^(root|0)(:(wheel|root|0))?$/.test(maproot)) return 'root'
  const numbers = /^(\d+)(?::(\d+))?$/.exec(maproot)
  if (numbers !== null) return { uid: numbers[1]!, gid: numbers[2] }
  throw new BeError(
    'BE_EXPORT_MAPROOT',
    `maproot=${maproot} of ${be} cannot be written for this NFS server`,
    {
      expected: 'root, or a uid, or uid:gid in digits',
    },
  )
}
