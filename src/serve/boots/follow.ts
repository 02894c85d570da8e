import type { Planner } from '../../lab/planner.ts'
import type { Emit } from '../../session/event.ts'
import type { Appliance } from '../../verbs/appliance.ts'
import type { BootTracker } from './tracker.ts'

/** How long (ms) another process' transaction is waited for; nobody is answered meanwhile. */
const PATIENCE_MS = 250

/**
 * Follows boots from now on; those that a service before this one saw go on, under their names and addresses.
 * `seesRoots` as `conclusion` has it. Throws those of `Database`.
 */
export function followBoots(be: Appliance, planner: Planner, seesRoots: () => boolean): BootTracker {
  const { sessionLog, recogniser, database } = be
  database.setBusyTimeout(PATIENCE_MS)
  // What follows from an event stands after it in the log.
  const emit: Emit = event => queueMicrotask(() => sessionLog.emit(event))
  const keeper = be.keepBoots(emit, seesRoots)
  sessionLog.listen(keeper.see)
  for (const { machine, boot } of keeper.start()) {
    if (boot.mac !== machine) recogniser.remember(boot.mac, machine)
    planner.knew(boot)
  }
  return keeper
}
