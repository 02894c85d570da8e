import type { Lab } from '../../lab/lab.ts'
import type { Emit } from '../../session/event.ts'
import type { SessionRecord } from '../../session/record.ts'
import { OnceTable } from '../../state/once-table.ts'
import { setAsideDamaged } from './damaged.ts'
import { OnceExpiry } from './once-expiry.ts'
import { BootTracker } from './tracker.ts'

/** How long (ms) the service waits for a transaction of another process; it replies to no request meanwhile. */
const DATABASE_WAIT_MS = 250

/** Size (bytes) at which the session log is rotated. A boot takes about 4 KB, so that two files hold thousands. */
const SESSION_LOG_BYTES = 16 << 20

type FollowLab = Pick<
  Lab,
  | 'assignments'
  | 'boots'
  | 'clock'
  | 'database'
  | 'planner'
  | 'presentBoots'
  | 'machineMatcher'
  | 'rotateSessionLog'
  | 'sessionLog'
  | 'settings'
  | 'stateDir'
>

/**
 * Starts tracking boots by the records of the session log, and sets the lab's `presentBoots`. Boots that an earlier run
 * of the service recorded are restored. `onRecord` receives every record; `servesRoots` returns whether all roots are
 * mounted from the embedded NFS server. Throws the errors of `Database`.
 */
export function followBoots(
  lab: FollowLab,
  { onRecord, servesRoots }: { onRecord(record: SessionRecord): void; servesRoots(): boolean },
): BootTracker {
  const { machineMatcher, database, planner } = lab
  database.setBusyTimeout(DATABASE_WAIT_MS)
  // The NFS traffic of systems that are up would displace the boots from the log.
  const keeps = ({ event, mac = '' }: SessionRecord) =>
    event !== 'nfs:traffic' || lab.presentBoots?.isBooting(mac) === true
  lab.rotateSessionLog({ rotateAt: SESSION_LOG_BYTES, keeps })
  const { sessionLog } = lab
  sessionLog.listen(onRecord)
  // Deferred, so that an event that follows from a record comes after it in the log.
  const emit: Emit = event => queueMicrotask(() => sessionLog.emit(event))
  setAsideDamaged(lab, emit)
  const tracker = makeTracker(lab, emit, servesRoots)
  lab.presentBoots = tracker
  sessionLog.listen(tracker.track)
  for (const { machine, boot } of tracker.start()) {
    if (boot.mac !== machine) machineMatcher.addAlias(boot.mac, machine)
    planner.restore(boot)
  }
  return tracker
}

function makeTracker(lab: FollowLab, emit: Emit, servesRoots: () => boolean): BootTracker {
  const { clock, assignments, machineMatcher, settings } = lab
  const table = new OnceTable(lab.database)
  const limitMs = () => settings['boot.once'] * 1000
  return new BootTracker({
    clock,
    emit,
    table: lab.boots,
    once: new OnceExpiry({ clock, emit, table, assignments, limitMs }),
    machineOf: mac => machineMatcher.machineOf({ mac })?.mac,
    servesRoots,
  })
}
