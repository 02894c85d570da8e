import { BeError, reason } from '../../errors/errors.ts'

export interface EachOptions {
  /** The predicate for machines whose work failed: `could not be started`. */
  failed: string
  say: (line: string) => void
  /** For all machines at once, instead of one after another. */
  together?: boolean
}

/**
 * Does the work for each machine, also after it has failed for another. Each error is reported on a line, and
 * BE_MACHINES_FAILED is thrown at the end. With one machine only, its error is thrown as it is.
 */
export async function eachMachine<T extends { name: string }>(
  machines: readonly T[],
  { failed, say, together = false }: EachOptions,
  work: (machine: T) => Promise<void>,
): Promise<void> {
  const [only] = machines
  if (only !== undefined && machines.length === 1) return work(only)
  const names: string[] = []
  const attempt = (machine: T) =>
    work(machine).catch(error => {
      names.push(machine.name)
      say(`${machine.name}: ${reason(error)}`)
    })
  if (together) await Promise.all(machines.map(attempt))
  else for (const machine of machines) await attempt(machine)
  if (names.length === 0) return
  throw new BeError('BE_MACHINES_FAILED', `${names.join(', ')} ${failed}`, { hint: 'see the lines above' })
}
