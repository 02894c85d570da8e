import { BeError } from '../errors/errors.ts'
import type { BeFileSystem } from './store.ts'

/** Whoever writes into a tree has to: below a mount point lies what belongs to another. Throws BE_NOT_MOUNTED. */
export function checkMounted(name: string, fileSystems: readonly BeFileSystem[]): void {
  const away = fileSystems.find(({ mounted }) => !mounted)
  if (away === undefined) return
  throw new BeError('BE_NOT_MOUNTED', `${away.path} of ${name} is not mounted`, {
    hint: `be mount ${name}`,
    exit: 'unavailable',
  })
}
