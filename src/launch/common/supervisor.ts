import { BeError, reason } from '../../errors/errors.ts'
import { type Child, type Ended, startChild } from '../../host/child.ts'
import { removeFile, writeAtomic } from '../../host/files.ts'
import type { Platform } from '../../host/platform.ts'
import type { Run } from '../../host/run.ts'
import { type Clock, sleep } from '../../net/net.ts'
import type { Lock } from '../../state/file-lock.ts'
import { tryLockVm, withBridgesLock } from '../../state/lock.ts'
import { stepsNow } from './bridges.ts'
import type { LaunchCommand, LaunchStep } from './launch.ts'
import { type Outcome, outcomeOf } from './outcome.ts'
import { pressButton } from './power-button.ts'
import { replanned } from './replanned.ts'
import { runCommand } from './run-command.ts'
import { clearLeftovers, takeBack, type UndoContext, undoOf } from './undo.ts'
import { VmConsole } from './vm-console.ts'
import {
  isActive,
  readState,
  running,
  type VmFiles,
  type VmJob,
  type VmState,
  type VmUndo,
} from './vm-dir.ts'
import { VmRecord } from './vm-record.ts'

/** A hypervisor that lives this long has taken its options and its devices. */
const SETTLED_MS = 1000
/** From the power button to the plug. */
const GRACE_MS = 30_000
/** Before a machine that failed starts again, doubled each time up to the most. */
const PAUSE_MS = 1000
const PAUSE_MOST_MS = 60_000
const LOCK_TRIES = 20

export interface SupervisorContext {
  clock: Clock
  platform: Platform
  run: Run
  /** Told what a person should know, and what the hypervisor says on stderr. */
  say: (line: string) => void
  /** The console, as it is printed. */
  output?: (data: Buffer) => void
}

/**
 * Runs one machine from its first step to its last undo, in the foreground: reboots, restarts as its policy
 * says, logs its console and lets people attach to it. Whatever happens, all that was made is taken back.
 */
export class Supervisor {
  readonly #files: VmFiles
  readonly #job: VmJob
  readonly #ground: SupervisorContext
  readonly #record: VmRecord
  #console: VmConsole | undefined
  #child: Child | undefined
  #stopping = false
  /** Ends a pause. */
  #wake = () => {}
  /** Of the steps that were taken, last first. */
  #undo: VmUndo[] = []

  constructor(files: VmFiles, job: VmJob, ground: SupervisorContext) {
    this.#files = files
    this.#job = job
    this.#ground = ground
    this.#record = new VmRecord(files, job, ground.clock, ground.say)
  }

  /** Resolves when the machine is off for good, with what it came to. Throws BE_VM_RUNNING. */
  async run(): Promise<VmState> {
    const lock = await this.#lock()
    let error: unknown
    try {
      await this.#whileCablesAreOurs(() => this.#begin())
      await this.#keepRunning()
    } catch (thrown) {
      error = thrown
    }
    await this.#end(error, lock)
    return this.#record.state
  }

  /** Presses the power button, and pulls the plug if that does nothing; `now`: pulls it at once. */
  async stop(now = false): Promise<void> {
    const first = !this.#stopping
    this.#stopping = true
    this.#wake()
    const child = this.#child
    if (now) return child?.kill()
    if (!first || child === undefined) return
    await this.#record.phase('stopping')
    await pressButton(child, this.#job.plan.powerOff, this.#ground)
    const plug = this.#ground.clock.timer(GRACE_MS, () => child.kill())
    await child.ended
    plug.cancel()
  }

  /** What is typed at the machine's console. */
  type(data: Uint8Array): void {
    this.#child?.write(data)
  }

  /** Who only looks whether a supervisor lives holds the lock for a moment. */
  async #lock(): Promise<Lock> {
    for (let tries = LOCK_TRIES; tries > 0; tries--) {
      const lock = tryLockVm(this.#files.dir)
      if (lock !== undefined) return lock
      await sleep(this.#ground.clock, 50)
    }
    throw running(this.#record.state.machine)
  }

  async #begin(): Promise<void> {
    const left = await readState(this.#files)
    if (left !== undefined && isActive(left)) {
      await clearLeftovers(this.#files, left, this.#undoGround)
    }
    await this.#record.owe([])
    this.#console = await VmConsole.open(this.#files.console, this.#files.consoleLog)
    this.#console.type = data => this.type(data)
    for (const step of await stepsNow(this.#job.plan.before, this.#ground)) {
      if (this.#stopping) return
      await this.#apply(step)
    }
  }

  get #undoGround(): UndoContext {
    const { machine } = this.#record.state
    return { ...this.#ground, stateDir: this.#files.stateDir, machine, warn: this.#ground.say }
  }

  #whileCablesAreOurs(work: () => Promise<void>): Promise<void> {
    return withBridgesLock(this.#files.stateDir, this.#ground.clock, work)
  }

  /** Takes back what was made; a lock that cannot be had does not keep it. */
  async #settle(): Promise<void> {
    const { say } = this.#ground
    const settle = async () => {
      await takeBack(this.#undo, this.#undoGround)
      await this.#record.owe([]).catch(error => say(reason(error)))
    }
    await this.#whileCablesAreOurs(settle).catch(error => {
      say(reason(error))
      return settle()
    })
  }

  /** What takes a step back is on disk before the step is taken. */
  async #apply(step: LaunchStep): Promise<void> {
    const { do: work } = step
    const own = undoOf(step)
    const undo = own === undefined ? this.#undo : [own, ...this.#undo]
    await this.#record.owe(undo)
    if ('argv' in work) await runCommand(work, this.#ground)
    else await writeAtomic(work.path, work.text, work.mode)
    this.#undo = undo
  }

  async #keepRunning(): Promise<void> {
    const { clock, say } = this.#ground
    let pause = PAUSE_MS
    while (!this.#stopping) {
      const from = clock.monotonic()
      const { ending, error } = await this.#bootOnce()
      if (this.#stopping) return
      const lived = clock.monotonic() - from
      if (ending === 'again') {
        // One that resets at once would keep the host busy with nothing else.
        if (lived < SETTLED_MS) await this.#rest(PAUSE_MS)
        continue
      }
      // What cannot even start the first time is said to who started it.
      const hopeless = this.#record.state.boots === 1 && ending === 'failed' && lived < SETTLED_MS
      if (hopeless || !this.#shallRestart(ending)) {
        if (ending === 'failed') throw error
        return
      }
      if (error !== undefined) say(reason(error))
      await this.#record.phase('starting')
      pause = lived > PAUSE_MOST_MS ? PAUSE_MS : Math.min(pause * 2, PAUSE_MOST_MS)
      await this.#rest(pause)
    }
  }

  #shallRestart(ending: 'off' | 'failed'): boolean {
    const { restart } = this.#job
    return restart === 'always' || (restart === 'on-failure' && ending === 'failed')
  }

  async #rest(ms: number): Promise<void> {
    if (this.#stopping) return
    await new Promise<void>(done => {
      const timer = this.#ground.clock.timer(ms, done)
      this.#wake = () => {
        timer.cancel()
        done()
      }
    })
  }

  /** From loading to the end of the program; what a boot leaves behind is cleaned away however it went. */
  async #bootOnce(): Promise<Outcome> {
    const { clean = [] } = this.#job.plan
    await this.#record.booting([...clean, ...this.#undo])
    try {
      const isFirst = this.#record.state.boots === 1
      const plan = isFirst ? this.#job.plan : await replanned(this.#job, this.#ground)
      for (const command of plan.load ?? []) await runCommand(command, this.#ground)
      if (this.#stopping) return { ending: 'off' }
      return outcomeOf(plan, await this.#runMain(plan.main), this.#files.log)
    } catch (error) {
      return { ending: 'failed', error }
    } finally {
      this.#child = undefined
      await removeFile(this.#files.pid)
      // There may be nothing to clean away: failures are normal.
      await takeBack(clean, { ...this.#undoGround, warn: () => {} })
    }
  }

  async #runMain({ argv }: LaunchCommand): Promise<Ended> {
    const { clock, platform, output, say } = this.#ground
    const print = (data: Buffer) => {
      this.#console?.print(data)
      output?.(data)
    }
    const error = (data: Buffer) => say(data.toString('latin1').trimEnd())
    const child = await startChild(argv, { output: print, error }, platform)
    this.#child = child
    await writeAtomic(this.#files.pid, `${child.pid}\n`)
    if (this.#stopping) child.kill()
    const settled = clock.timer(SETTLED_MS, () => {
      if (!this.#stopping) void this.#record.phase('running')
    })
    const ended = await child.ended
    settled.cancel()
    return ended
  }

  async #end(thrown: unknown, lock: Lock): Promise<void> {
    const { say } = this.#ground
    await this.#settle()
    this.#console?.close()
    if (thrown === undefined) await this.#record.phase('off')
    else {
      const error = thrown instanceof BeError ? thrown : new BeError('BE_VM_FAILED', reason(thrown))
      say(error.line)
      await this.#record.phase('failed', error)
    }
    lock.release()
  }
}
