import type { Lab } from '../../lab/lab.ts'
import type { Emit } from '../../session/event.ts'
import { OnceTable } from '../../state/once-table.ts'
import { OnceExpiry } from './once-expiry.ts'
import { BootTracker } from './tracker.ts'

/** What follows the boots of a service, as its settings say. */
export function makeBootKeeper(rooms: Lab, emit: Emit, seesRoots: () => boolean): BootTracker {
  const { clock, assignments, machineMatcher, settings } = rooms
  const table = new OnceTable(rooms.database)
  const limitMs = () => settings['boot.once'] * 1000
  return new BootTracker({
    clock,
    emit,
    table: rooms.boots,
    once: new OnceExpiry({ clock, emit, table, assignments, limitMs }),
    machineOf: mac => machineMatcher.machineOf({ mac })?.mac,
    seesRoots,
  })
}
