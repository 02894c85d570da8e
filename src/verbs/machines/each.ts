import { BeError, reason } from '../../errors/errors.ts'

export interface EachOptions {
  /** What a machine whose work failed was not: `could not be started`. */
  failed: string
  say: (line: string) => void
  /** All at once instead of one after another. */
  together?: boolean
}

/**
 * Does the work for each of several machines; a failure does not keep the others from theirs. Each error is reported
 * in a line, and BE_MACHINES_FAILED thrown at the end; the error of a single machine is thrown as it is.
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
