import type { Emit } from '../session/event.ts'
import { OnceTable } from '../state/once-table.ts'
import { BootKeeper } from './boot-keeper.ts'
import { OnceKeeper } from './once-keeper.ts'
import type { Rooms } from './rooms.ts'

/** What follows the boots of a service, as its settings say. */
export function makeBootKeeper(rooms: Rooms, emit: Emit, seesRoots: () => boolean): BootKeeper {
  const { clock, assignments, recogniser, settings } = rooms
  const table = new OnceTable(rooms.database)
  const limitMs = () => settings['boot.once'] * 1000
  return new BootKeeper({
    clock,
    emit,
    table: rooms.boots,
    once: new OnceKeeper({ clock, emit, table, assignments, limitMs }),
    machineOf: mac => recogniser.machineOf({ mac })?.mac,
    seesRoots,
  })
}
