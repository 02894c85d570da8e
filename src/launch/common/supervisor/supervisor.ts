import { BeError, reason } from '../../../errors/errors.ts'
import { type Child, startChild } from '../../../host/child.ts'
import { removeFile, writeAtomic } from '../../../host/files.ts'
import { type Clock, sleep } from '../../../net/net.ts'
import type { Lock } from '../../../state/file-lock.ts'
import { tryLockVm, withBridgesLock } from '../../../state/lock.ts'
import type { LaunchPlan, LaunchStep } from '../launch.ts'
import { stepsForHost } from '../network/bridges.ts'
import { applyStep, runCommand, type StepContext, type UndoCommand, undoOf } from '../steps.ts'
import type { VmFiles } from '../vm/files.ts'
import { alreadyRunning, isActive, readState, type VmJob, type VmState } from '../vm/state.ts'
import { VmConsole } from './console.ts'
import { BROKEN, type Ended, errorLine, type Outcome, outcomeOf } from './outcome.ts'
import { pressPowerButton } from './power-button.ts'
import { QmpWatch } from './qmp.ts'
import { replan } from './replan.ts'
import { StateWriter } from './state-writer.ts'
import { clearLeftovers, runUndos, type UndoContext } from './undo.ts'

/** A hypervisor that has run this long (ms) has accepted its options and devices. */
const SETTLED_MS = 1000
/** From the power button to SIGKILL, in ms. */
const GRACE_MS = 30_000
/** Pause (ms) before a machine that ended is started again; doubled each time, up to PAUSE_MOST_MS. */
const PAUSE_MS = 1000
const PAUSE_MOST_MS = 60_000
/** In umask(2): takes these rights away. */
const GROUP_AND_OTHERS_WRITE = 0o022
const LOCK_TRIES = 20
const LOCK_RETRY_MS = 50

export interface SupervisorContext extends StepContext {
  clock: Clock
  /** Takes messages, and what the hypervisor prints on stderr. */
  say: (line: string) => void
  /** Takes what the machine prints on its console. */
  output?: (data: Buffer) => void
}

/**
 * Runs one machine from the first step to the last undo: reboots it, restarts it by its policy, logs its console
 * and serves the console's socket. Whatever happens, all steps are undone.
 */
export class Supervisor {
  readonly #files: VmFiles
  readonly #job: VmJob
  readonly #context: SupervisorContext
  readonly #writer: StateWriter
  #console: VmConsole | undefined
  #child: Child | undefined
  #stopping = false
  #endPause = () => {}
  /** Undos of the steps that were taken, last first. */
  #undo: UndoCommand[] = []

  constructor(files: VmFiles, job: VmJob, context: SupervisorContext) {
    this.#files = files
    this.#job = job
    this.#context = context
    this.#writer = new StateWriter(files, job, context.clock, context.say)
  }

  /** Resolves with the final state when the machine is off and not started again. Throws BE_VM_RUNNING. */
  async run(): Promise<VmState> {
    const lock = await this.#lock()
    // QEMU makes a socket by which it is controlled, in a directory that a group may enter (state.group).
    process.umask(process.umask() | GROUP_AND_OTHERS_WRITE)
    let error: unknown
    try {
      await this.#withBridgesLock(() => this.#begin())
      await this.#keepRunning()
    } catch (thrown) {
      error = thrown
    }
    await this.#end(error, lock)
    return this.#writer.state
  }

  /** Presses the power button, and kills the hypervisor when it still runs GRACE_MS later; with `now` at once. */
  async stop(now = false): Promise<void> {
    const first = !this.#stopping
    this.#stopping = true
    this.#endPause()
    const child = this.#child
    if (now) return child?.kill()
    if (!first || child === undefined) return
    await this.#writer.setPhase('stopping')
    await pressPowerButton(child, this.#job.plan.powerOff, this.#context)
    const kill = this.#context.clock.timer(GRACE_MS, () => child.kill())
    await child.ended
    kill.cancel()
  }

  /** Input for the machine's console. */
  type(data: Uint8Array): void {
    this.#child?.write(data)
  }

  /** Retries, because vmState (control.ts) holds the lock for a moment to see whether a supervisor lives. */
  async #lock(): Promise<Lock> {
    for (let tries = LOCK_TRIES; tries > 0; tries--) {
      const lock = tryLockVm(this.#files.dir)
      if (lock !== undefined) return lock
      await sleep(this.#context.clock, LOCK_RETRY_MS)
    }
    throw alreadyRunning(this.#writer.state.machine)
  }

  async #begin(): Promise<void> {
    const left = await readState(this.#files)
    if (left !== undefined && isActive(left)) await clearLeftovers(this.#files, left, this.#undoContext)
    await this.#writer.setUndo([])
    this.#console = await VmConsole.open(this.#files.console, this.#files.consoleLog)
    this.#console.type = data => this.type(data)
    for (const step of await stepsForHost(this.#job.plan.before, this.#context)) {
      if (this.#stopping) return
      await this.#apply(step)
    }
  }

  get #undoContext(): UndoContext {
    const { machine } = this.#writer.state
    return { ...this.#context, stateDir: this.#files.stateDir, machine, warn: this.#context.say }
  }

  #withBridgesLock(work: () => Promise<void>): Promise<void> {
    return withBridgesLock(this.#files.stateDir, this.#context.clock, work)
  }

  /** The undo is on disk before the step is taken. */
  async #apply(step: LaunchStep): Promise<void> {
    const own = undoOf(step)
    const undo = own === undefined ? this.#undo : [own, ...this.#undo]
    await this.#writer.setUndo(undo)
    await applyStep(step, this.#context)
    this.#undo = undo
  }

  /** Undoes all steps, even if the bridges lock cannot be had. */
  async #undoSteps(): Promise<void> {
    const { say } = this.#context
    const undoSteps = async () => {
      await runUndos(this.#undo, this.#undoContext)
      await this.#writer.setUndo([]).catch(error => say(reason(error)))
    }
    await this.#withBridgesLock(undoSteps).catch(error => {
      say(reason(error))
      return undoSteps()
    })
  }

  async #keepRunning(): Promise<void> {
    const { clock, say } = this.#context
    let pause = PAUSE_MS
    while (!this.#stopping) {
      const from = clock.monotonic()
      const { ending, error } = await this.#bootOnce()
      if (this.#stopping) return
      const uptime = clock.monotonic() - from
      if (ending === 'reboot') {
        // Limits the load of a machine that resets again and again.
        if (uptime < SETTLED_MS) await this.#pause(PAUSE_MS)
        continue
      }
      // A first boot that fails at once is reported to whoever started the machine, and not repeated.
      const neverRan = this.#writer.state.boots === 1 && ending === 'failed' && uptime < SETTLED_MS
      if (neverRan || !this.#isRestarted(ending)) {
        if (ending === 'failed') throw error
        return
      }
      if (error !== undefined) say(reason(error))
      await this.#writer.setPhase('starting')
      pause = uptime > PAUSE_MOST_MS ? PAUSE_MS : Math.min(pause * 2, PAUSE_MOST_MS)
      await this.#pause(pause)
    }
  }

  #isRestarted(ending: 'off' | 'failed'): boolean {
    const { restart } = this.#job
    return restart === 'always' || (restart === 'on-failure' && ending === 'failed')
  }

  /** Ends early when the machine is to be stopped. */
  async #pause(ms: number): Promise<void> {
    if (this.#stopping) return
    await new Promise<void>(done => {
      const timer = this.#context.clock.timer(ms, done)
      this.#endPause = () => {
        timer.cancel()
        done()
      }
    })
  }

  /** Loads the machine, runs it to its end, and cleans up after the boot however it went. */
  async #bootOnce(): Promise<Outcome> {
    const { clean = [] } = this.#job.plan
    await this.#writer.startBoot([...clean, ...this.#undo])
    try {
      const isFirst = this.#writer.state.boots === 1
      const plan = isFirst ? this.#job.plan : await replan(this.#job, this.#context)
      for (const command of plan.load ?? []) await runCommand(command, this.#context)
      if (this.#stopping) return { ending: 'off' }
      const ended = await this.#runMain(plan)
      return outcomeOf(plan, ended, this.#files.log)
    } catch (error) {
      return { ending: 'failed', error }
    } finally {
      this.#child = undefined
      await removeFile(this.#files.pid)
      // Failures are ignored: there may be nothing to clean up.
      await runUndos(clean, { ...this.#undoContext, warn: () => {} })
    }
  }

  async #runMain({ main: { argv }, qmp: socket }: LaunchPlan): Promise<Ended> {
    const { clock, platform, output, say } = this.#context
    const print = (data: Buffer) => {
      this.#console?.print(data)
      output?.(data)
    }
    let complaint = ''
    const error = (data: Buffer) => {
      const text = data.toString('latin1').trimEnd()
      complaint = errorLine(text) ?? complaint
      say(text)
    }
    const child = await startChild(argv, { output: print, error }, platform)
    this.#child = child
    await writeAtomic(this.#files.pid, `${child.pid}\n`)
    if (this.#stopping) child.kill()
    const settled = clock.timer(SETTLED_MS, () => {
      if (!this.#stopping) void this.#writer.setPhase('running')
    })
    let broken = false
    const onStatus = (status: string) => {
      if (!BROKEN.has(status)) return
      say(`the machine has stopped: ${status}`)
      broken = true
      child.kill()
    }
    const qmp = socket === undefined ? undefined : new QmpWatch({ socket, clock, onStatus })
    void qmp?.start()
    const ended = await child.ended
    qmp?.stop()
    settled.cancel()
    return broken ? { ...ended, broken: complaint || ended.lastLine } : ended
  }

  async #end(thrown: unknown, lock: Lock): Promise<void> {
    const { say } = this.#context
    await this.#undoSteps()
    this.#console?.close()
    if (thrown === undefined) await this.#writer.setPhase('off')
    else {
      const error = thrown instanceof BeError ? thrown : new BeError('BE_VM_FAILED', reason(thrown))
      say(error.line)
      await this.#writer.setPhase('failed', error)
    }
    lock.release()
  }
}
