import { join } from 'node:path'
import { BeError, errno } from '../../../errors/errors.ts'
import { EXIT } from '../../../errors/sysexits.ts'
import { startDaemon } from '../../../host/daemon.ts'
import { makeDirectory } from '../../../host/directory.ts'
import { readIfThere, removeFile, writeAtomic } from '../../../host/files.ts'
import { packageProgram } from '../../../host/package.ts'
import { detectPlatform } from '../../../host/platform.ts'
import { run } from '../../../host/run.ts'
import type { Clock } from '../../../net/net.ts'
import { poll } from '../../../net/poll.ts'
import { tryLockVm, withBridgesLock } from '../../../state/lock.ts'
import type { VmFiles } from '../vm/files.ts'
import {
  alreadyRunning,
  errorRecord,
  isActive,
  readState,
  recordedError,
  type VmJob,
  type VmState,
  writeState,
} from '../vm/state.ts'
import { clearLeftovers } from './undo.ts'

/** For commands that start, observe and stop machines, each of which runs under a supervisor process. */
export interface ControlContext {
  clock: Clock
  /** Takes a line for each undo that failed. */
  warn: (line: string) => void
}

const POLL_MS = 50
/** Limit (ms) for a stop: the supervisor waits 30 s for the machine to power off; undos take seconds. */
const STOP_MS = 60_000

/** The current state of a machine. If its supervisor was killed, cleans up and answers `failed` with BE_VM_LOST. */
export async function vmState(files: VmFiles, context: ControlContext): Promise<VmState | undefined> {
  const state = await readState(files)
  if (state === undefined || !isActive(state)) return state
  // A supervisor holds this lock as long as it lives.
  const lock = tryLockVm(files.dir)
  if (lock === undefined) return state
  try {
    const now = await readState(files)
    return now === undefined || !isActive(now) ? now : await recordLost(files, now, context)
  } finally {
    lock.release()
  }
}

/** Cleans up after a supervisor that was killed, and records that. */
async function recordLost(files: VmFiles, state: VmState, { clock, warn }: ControlContext): Promise<VmState> {
  const { error: _, ...rest } = state
  const error = errorRecord(supervisorKilled(state, files))
  const since = new Date(clock.now()).toISOString()
  const lost: VmState = { ...rest, phase: 'failed', since, undo: [], ...(error !== undefined && { error }) }
  const { machine } = state
  const { stateDir } = files
  await withBridgesLock(stateDir, clock, async () => {
    await clearLeftovers(files, state, { clock, warn, stateDir, machine, platform: detectPlatform(), run })
    await writeState(files, lost)
  })
  return lost
}

/**
 * Starts a supervisor for the job. Resolves when the machine has been running for a second, or has ended without
 * a failure before. Throws BE_VM_RUNNING, BE_VM_LOST, and the error with which the machine failed.
 */
export async function startVm(files: VmFiles, job: VmJob, context: ControlContext): Promise<VmState> {
  const before = await vmState(files, context)
  if (before !== undefined && isActive(before)) throw alreadyRunning(before.machine)
  const { pid, ended } = await startSupervisor(files, job)
  let status: number | undefined
  let hasEnded = false
  void ended.then(exitStatus => {
    hasEnded = true
    status = exitStatus
  })
  const check = async (): Promise<VmState | undefined> => {
    const last = hasEnded
    const state = await readState(files)
    // From its second boot on a machine counts as started, even if it resets again and again.
    if (state?.supervisor === pid && (state.phase !== 'starting' || state.boots > 1)) return started(state)
    if (!last) return undefined
    if (status === EXIT.tryAgain) throw alreadyRunning(job.plan.machine!)
    throw await supervisorEnded(job.plan.machine!, files)
  }
  const state = await poll(context.clock, { everyMs: POLL_MS, limitMs: Number.POSITIVE_INFINITY }, check)
  return state!
}

async function startSupervisor(files: VmFiles, job: VmJob) {
  makeDirectory(files.dir, 0o750)
  const jobFile = join(files.dir, `job.${process.pid}.json`)
  await writeAtomic(jobFile, JSON.stringify({ files, job }), 0o640)
  const logAndPid = { logFile: files.log, pidFile: join(files.dir, 'supervisor.pid') }
  return startDaemon(
    [process.execPath, packageProgram('launch/common/supervisor/main'), jobFile],
    logAndPid,
  ).catch(async error => {
    await removeFile(jobFile)
    throw error
  })
}

function started(state: VmState): VmState {
  if (state.phase === 'failed' && state.error !== undefined) throw recordedError(state.error)
  return state
}

/**
 * Presses the power button and waits until the machine is off; with `now` the hypervisor is killed. Answers false
 * if the machine was not running. Throws BE_VM_STOP.
 */
export async function stopVm(files: VmFiles, context: ControlContext, now = false): Promise<boolean> {
  const state = await vmState(files, context)
  if (state === undefined || !isActive(state)) return false
  signalSupervisor(state.supervisor, now ? 'SIGINT' : 'SIGTERM')
  const isOff = async () => {
    const current = await vmState(files, context)
    return current === undefined || !isActive(current)
  }
  if (await poll(context.clock, { everyMs: POLL_MS, limitMs: STOP_MS }, isOff)) return true
  throw doesNotStop(state, files)
}

/** A supervisor that has just ended is not an error: its machine is off. */
function signalSupervisor(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (errno(error) !== 'ESRCH') throw error
  }
}

const supervisorKilled = ({ machine }: VmState, { log }: VmFiles): BeError =>
  new BeError('BE_VM_LOST', `the supervisor of ${machine} was killed`, {
    hint: `what it left was cleared away; see ${log}, then be vm start ${machine}`,
  })

const doesNotStop = ({ machine, supervisor }: VmState, { log }: VmFiles): BeError =>
  new BeError('BE_VM_STOP', `${machine} has not stopped within ${STOP_MS / 1000} s`, {
    hint: `see ${log}; its supervisor is process ${supervisor}`,
  })

async function supervisorEnded(machine: string, { log }: VmFiles): Promise<BeError> {
  const lastLine = ((await readIfThere(log)) ?? '').trimEnd().split('\n').at(-1)
  return new BeError('BE_VM_LOST', `the supervisor of ${machine} ended at once: ${lastLine}`, {
    hint: `see ${log}`,
  })
}
