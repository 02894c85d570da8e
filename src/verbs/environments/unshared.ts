import { BeError, reason } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { type ShareLab, shareEnvironments } from '../shares/share.ts'
import { withdrawExports } from '../shares/unshare.ts'

/**
 * Withdraws the export of `name`, if it is shared, and does the work. If that fails and the boot environment still
 * exists, it is shared again as it was. Throws what the work and withdrawExports throw.
 */
export async function whileUnshared<T>(
  lab: ShareLab,
  { name, force }: { name: string; force: boolean },
  work: () => Promise<T>,
): Promise<T> {
  const before = lab.shares.get(name)
  if (before === undefined) return work()
  await withdrawExports(lab, { names: [name], force })
  try {
    return await work()
  } catch (error) {
    if (await exists(lab, name)) {
      const again = shareEnvironments(lab, { names: [name], readOnly: before.readOnly, force })
      await again.catch(more => lab.warn(`${name} is not shared any more: ${reason(more)}`))
    }
    throw error
  }
}

/** Whether there is such a boot environment; also true when the store fails. */
export const exists = ({ store }: Pick<Lab, 'store'>, name: string): Promise<boolean> =>
  store.get(name).then(
    () => true,
    error => !(error instanceof BeError && error.code === 'BE_UNKNOWN'),
  )
