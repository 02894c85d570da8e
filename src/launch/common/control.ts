import { join } from 'node:path'
import { BeError, EXIT, errno } from '../../errors/errors.ts'
import { startDaemon } from '../../host/daemon.ts'
import { makeDirectory } from '../../host/directory.ts'
import { readIfThere, removeFile, writeAtomic } from '../../host/files.ts'
import { detectPlatform } from '../../host/platform.ts'
import { run } from '../../host/run.ts'
import { type Clock, sleep } from '../../net/net.ts'
import { tryLockVm, withBridgesLock } from '../../state/lock.ts'
import { clearLeftovers } from './undo.ts'
import {
  errorRecord,
  isActive,
  readState,
  recordedError,
  running,
  type VmFiles,
  type VmJob,
  type VmState,
  writeState,
} from './vm-dir.ts'

/** What commands need to start, look after and stop machines that run under supervisors of their own. */
export interface ControlContext {
  clock: Clock
  /** Told of what could not be cleaned up. */
  warn: (line: string) => void
}

const LOOK_MS = 50
/** A supervisor that was told to stop gives its machine 30 s; taking back takes seconds. */
const STOP_MS = 60_000

const SUPERVISOR = join(import.meta.dirname, `supervisor-main${import.meta.filename.slice(-3)}`)

/** What a machine does, as of now; a supervisor that was killed is seen, and what it left is cleared away. */
export async function vmState(files: VmFiles, ground: ControlContext): Promise<VmState | undefined> {
  const state = await readState(files)
  if (state === undefined || !isActive(state)) return state
  const lock = tryLockVm(files.dir)
  if (lock === undefined) return state
  try {
    const now = await readState(files)
    if (now === undefined || !isActive(now)) return now
    const { error: _, ...rest } = now
    const error = errorRecord(supervisorGone(now, files))
    const since = new Date(ground.clock.now()).toISOString()
    const dead: VmState = { ...rest, phase: 'failed', since, undo: [], ...(error !== undefined && { error }) }
    const { machine } = now
    const { stateDir } = files
    await withBridgesLock(stateDir, ground.clock, async () => {
      await clearLeftovers(files, now, { ...ground, stateDir, machine, platform: detectPlatform(), run })
      await writeState(files, dead)
    })
    return dead
  } finally {
    lock.release()
  }
}

/**
 * Starts a supervisor for the job; resolves when the machine has been running for a moment, or is off again by
 * itself. Throws BE_VM_RUNNING, and what kept the machine from running.
 */
export async function startVm(files: VmFiles, job: VmJob, ground: ControlContext): Promise<VmState> {
  const before = await vmState(files, ground)
  if (before !== undefined && isActive(before)) throw running(before.machine)
  makeDirectory(files.dir, 0o750)
  const jobFile = join(files.dir, `job.${process.pid}.json`)
  await writeAtomic(jobFile, JSON.stringify({ files, job }), 0o640)
  const daemon = await startDaemon([process.execPath, SUPERVISOR, jobFile], {
    logFile: files.log,
    pidFile: join(files.dir, 'supervisor.pid'),
  }).catch(async error => {
    await removeFile(jobFile)
    throw error
  })
  let status: number | undefined
  let ended = false
  void daemon.ended.then(how => {
    ended = true
    status = how
  })
  for (;;) {
    const last = ended
    const state = await readState(files)
    const ours = state?.supervisor === daemon.pid
    // One that resets at once is not off, and may go on so.
    if (ours && (state.phase !== 'starting' || state.boots > 1)) return outcome(state)
    if (last) {
      if (status === EXIT.tryAgain) throw running(job.plan.machine!)
      throw await supervisorFailed(job.plan.machine!, files)
    }
    await sleep(ground.clock, LOOK_MS)
  }
}

function outcome(state: VmState): VmState {
  if (state.phase === 'failed' && state.error !== undefined) throw recordedError(state.error)
  return state
}

/**
 * Presses the power button and waits until the machine is off; `now` pulls the plug. Answers false when it was
 * not running. Throws BE_VM_STOP.
 */
export async function stopVm(files: VmFiles, ground: ControlContext, now = false): Promise<boolean> {
  const state = await vmState(files, ground)
  if (state === undefined || !isActive(state)) return false
  tell(state.supervisor, now ? 'SIGINT' : 'SIGTERM')
  const end = ground.clock.monotonic() + STOP_MS
  for (;;) {
    const then = await vmState(files, ground)
    if (then === undefined || !isActive(then)) return true
    if (ground.clock.monotonic() > end) throw doesNotStop(state, files)
    await sleep(ground.clock, LOOK_MS)
  }
}

/** One that ended in this moment, its machine being off, needs no telling. */
function tell(supervisor: number, signal: NodeJS.Signals): void {
  try {
    process.kill(supervisor, signal)
  } catch (error) {
    if (errno(error) !== 'ESRCH') throw error
  }
}

const supervisorGone = ({ machine }: VmState, { log }: VmFiles): BeError =>
  new BeError('BE_VM_LOST', `the supervisor of ${machine} was killed`, {
    hint: `what it left was cleared away; see ${log}, then be vm start ${machine}`,
  })

const doesNotStop = ({ machine, supervisor }: VmState, { log }: VmFiles): BeError =>
  new BeError('BE_VM_STOP', `${machine} has not stopped within ${STOP_MS / 1000} s`, {
    hint: `see ${log}; its supervisor is process ${supervisor}`,
    exit: 'tryAgain',
  })

async function supervisorFailed(machine: string, { log }: VmFiles): Promise<BeError> {
  const said = ((await readIfThere(log)) ?? '').trimEnd().split('\n').at(-1)
  return new BeError('BE_VM_LOST', `the supervisor of ${machine} ended at once: ${said}`, {
    hint: `see ${log}`,
  })
}
