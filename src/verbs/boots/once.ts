import type { BootEnvironment } from '../../be/be.ts'
import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../machines/machine.ts'

/** All of these machines boot `be` once, or none. Throws BE_ONCE_UNSEEN. */
export function assignOnce(rooms: Lab, be: BootEnvironment, machines: readonly Machine[]): void {
  const { assignments, clock } = rooms
  const unseen = machines.find(({ hardware }) => hardware?.firmware === 'none')
  if (unseen !== undefined) throw onceUnseen(unseen)
  if (!rooms.dryRun) {
    rooms.database.transaction(() => {
      for (const { name } of machines) assignments.assignOnce(be.name, name, clock.now())
    })
  }
  for (const { name } of machines) {
    const then = assignments.permanentAssignmentOf(name)?.be ?? 'nothing'
    rooms.say(`${name} ${rooms.dryRun ? 'would' : 'will'} boot ${be.name} once, then ${then}`)
  }
}

/** Its kernel is loaded by this host: it asks for nothing, so once would be for ever. */
const onceUnseen = ({ name }: Machine): BeError =>
  new BeError('BE_ONCE_UNSEEN', `${name} has no firmware: nobody sees it boot, so nothing is ever used up`, {
    expected: 'a machine that boots by PXE',
    hint: `be machine set ${name} --firmware uefi, or bootpxe without -t`,
    exit: 'unavailable',
  })

/** Takes back what machines were to boot once. Throws BE_MACHINE_UNKNOWN, before anything is changed. */
export function takeBackOnce(rooms: Lab, machines: readonly string[]): void {
  const { assignments, inventory } = rooms
  for (const { name, mac } of machines.map(machine => inventory.find(machine))) {
    const once = rooms.dryRun ? assignments.onceOf(mac) : assignments.unassignOnce(name)
    const then = assignments.permanentAssignmentOf(name)?.be ?? 'nothing'
    const would = rooms.dryRun ? 'would boot' : 'boots'
    rooms.say(
      once === undefined
        ? `${name} was to boot nothing once; it boots ${then}`
        : `${name} ${would} ${then} again, not ${once.be} once`,
    )
    if (once === undefined || rooms.dryRun) continue
    rooms.sessionLog.emit({ event: 'once:taken-back', mac, be: once.be, detail: { next: then } })
  }
}
