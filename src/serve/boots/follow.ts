import type { Lab } from '../../lab/lab.ts'
import type { Emit } from '../../session/event.ts'
import { LogBudget } from '../../session/log-budget.ts'
import type { SessionRecord } from '../../session/record.ts'
import { OnceTable } from '../../state/once-table.ts'
import { setAsideDamaged } from './damaged.ts'
import { OnceExpiry } from './once-expiry.ts'
import { PowerWatch } from './power-watch.ts'
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
  | 'run'
  | 'presentBoots'
  | 'machineMatcher'
  | 'rotateSessionLog'
  | 'sessionLog'
  | 'settings'
  | 'stateDir'
>

/** The boots that are tracked, and the end of that. */
export interface FollowedBoots {
  tracker: BootTracker
  stop(): void
}

/**
 * Starts tracking boots by the records of the session log, and sets the lab's `presentBoots`. Boots that an earlier run
 * of the service recorded are restored. `print` receives the records that the log has room for; `servesRoots` returns
 * whether all roots are mounted from the embedded NFS server. Throws the errors of `Database`.
 */
export function followBoots(
  lab: FollowLab,
  { print, servesRoots }: { print(record: SessionRecord): void; servesRoots(): boolean },
): FollowedBoots {
  const { clock, machineMatcher, database, planner } = lab
  database.setBusyTimeout(DATABASE_WAIT_MS)
  // Deferred, so that an event that follows from a record comes after it in the log.
  const emit: Emit = event => queueMicrotask(() => lab.sessionLog.emit(event))
  const budget = new LogBudget({
    clock,
    emit: event => lab.sessionLog.emit(event),
    fileBytes: SESSION_LOG_BYTES,
  })
  // The NFS traffic of systems that are up would displace the boots from the log.
  const keeps = ({ event, mac = '' }: SessionRecord) =>
    event !== 'nfs:traffic' || lab.presentBoots?.isBooting(mac) === true
  const admits = (record: SessionRecord) => budget.admits(record)
  lab.rotateSessionLog({ rotateAt: SESSION_LOG_BYTES, admits, print, keeps })
  const { sessionLog } = lab
  setAsideDamaged(lab, emit)
  const tracker = makeTracker(lab, emit, servesRoots)
  lab.presentBoots = tracker
  sessionLog.listen(tracker.track)
  for (const { machine, boot } of tracker.start()) {
    if (boot.mac !== machine) machineMatcher.addAlias(boot.mac, machine)
    planner.restore(boot)
  }
  const power = new PowerWatch({
    clock,
    emit,
    run: (argv, options) => lab.run(argv, options),
    boots: () => tracker.boots(),
    statusCommand: mac => machineMatcher.machineOf({ mac })?.hardware?.powerStatus,
  })
  power.start()
  const stop = () => {
    power.stop()
    tracker.stop()
    budget.stop()
  }
  return { tracker, stop }
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
