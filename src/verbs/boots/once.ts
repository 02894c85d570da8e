import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../machines/machine.ts'
import type { AssignInput } from './assign.ts'
import { type WritersLab, warnOfWriters } from './writers.ts'

/** Assigns a boot environment to machines for one boot, to all or none. Throws BE_ONCE_UNSEEN. */
export function assignOnce(
  lab: WritersLab & Pick<Lab, 'clock' | 'database' | 'dryRun' | 'say' | 'warn'>,
  { be, machines }: AssignInput,
): void {
  const { assignments, clock, database, dryRun, say } = lab
  const unseen = machines.find(({ hardware }) => hardware?.firmware === 'none')
  if (unseen !== undefined) throw onceUnseen(unseen)
  const names = machines.map(({ name }) => name)
  if (!dryRun) {
    database.transaction(() => {
      for (const name of names) assignments.assignOnce(be.name, name, clock.now())
    })
  }
  for (const name of names) {
    const then = assignments.permanentAssignmentOf(name)?.be ?? 'nothing'
    say(`${name} ${dryRun ? 'would' : 'will'} boot ${be.name} once, then ${then}`)
  }
  warnOfWriters(lab, be.name, names)
}

/** A machine whose kernel is loaded by this host sends no requests: nothing would show that it has booted. */
const onceUnseen = ({ name }: Machine): BeError =>
  new BeError('BE_ONCE_UNSEEN', `${name} has no firmware: nobody sees it boot, so nothing is ever used up`, {
    expected: 'a machine that boots by PXE',
    hint: `be machine set ${name} --firmware uefi, or bootpxe without -t`,
  })

export interface TakeBackOnceInput {
  /** Names or MACs. */
  machines: readonly string[]
}

/** Removes what was assigned to machines for one boot. Throws BE_MACHINE_UNKNOWN before anything is changed. */
export function takeBackOnce(
  {
    assignments,
    inventory,
    dryRun,
    say,
    sessionLog,
  }: Pick<Lab, 'assignments' | 'inventory' | 'dryRun' | 'say' | 'sessionLog'>,
  { machines }: TakeBackOnceInput,
): void {
  for (const { name, mac } of machines.map(machine => inventory.find(machine))) {
    const once = dryRun ? assignments.onceOf(mac) : assignments.unassignOnce(name)
    const then = assignments.permanentAssignmentOf(name)?.be ?? 'nothing'
    const would = dryRun ? 'would boot' : 'boots'
    say(
      once === undefined
        ? `${name} was to boot nothing once; it boots ${then}`
        : `${name} ${would} ${then} again, not ${once.be} once`,
    )
    if (once === undefined || dryRun) continue
    sessionLog.emit({ event: 'once:taken-back', mac, be: once.be, detail: { next: then } })
  }
}
