import type { BootEnvironment } from '../../be/be.ts'
import { missingToBoot } from '../../be/missing.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../machines/machine.ts'
import { type WritersLab, warnOfWriters } from './writers.ts'

export interface AssignInput {
  be: BootEnvironment
  /** None: it becomes the default. */
  machines: readonly Machine[]
}

/** Assigns a boot environment to machines, all or none. */
export function assign(
  lab: WritersLab & Pick<Lab, 'database' | 'dryRun' | 'say' | 'warn'>,
  { be, machines }: AssignInput,
): void {
  const { assignments, database, dryRun, say, warn } = lab
  const names = machines.map(({ name }) => name)
  if (!dryRun) {
    database.transaction(() => {
      for (const machine of names.length === 0 ? [undefined] : names) assignments.assign(be.name, machine)
    })
  }
  const who = names.length === 0 ? 'all machines that have no other' : names.join(', ')
  say(`${who} ${dryRun ? 'would' : 'will'} boot ${be.name}`)
  warnOfWriters(lab, be.name, names)
  const missing = missingToBoot(be, 'uefi')
  if (missing !== undefined && missingToBoot(be, 'bios') !== undefined) warn(missing.line)
}
