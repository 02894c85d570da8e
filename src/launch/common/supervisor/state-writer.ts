import { basename } from 'node:path'
import { type BeError, reason } from '../../../errors/errors.ts'
import type { Clock } from '../../../net/net.ts'
import type { UndoCommand } from '../steps.ts'
import type { VmFiles } from '../vm/files.ts'
import { errorRecord, type VmJob, type VmState, writeState } from '../vm/state.ts'

/** Writes the state file of a running machine; used by its supervisor alone. */
export class StateWriter {
  readonly #files: VmFiles
  readonly #clock: Clock
  readonly #warn: (line: string) => void
  #state: VmState
  #written: Promise<void> = Promise.resolve()

  constructor(files: VmFiles, { plan, restart }: VmJob, clock: Clock, warn: (line: string) => void) {
    this.#files = files
    this.#clock = clock
    this.#warn = warn
    this.#state = {
      phase: 'starting',
      launch: plan.launch,
      machine: plan.machine!,
      be: plan.be,
      restart,
      supervisor: process.pid,
      program: basename(plan.main.argv[0]!),
      since: this.#now(),
      boots: 0,
      undo: [],
    }
  }

  get state(): VmState {
    return this.#state
  }

  /** The undos to run if the supervisor is killed: on disk when this resolves. Throws as writeAtomic does. */
  async setUndo(undo: readonly UndoCommand[]): Promise<void> {
    this.#state = { ...this.#state, undo: [...undo] }
    await this.#write()
  }

  /** Counts a boot. Does not throw, as setPhase. */
  async startBoot(undo: readonly UndoCommand[]): Promise<void> {
    this.#state = { ...this.#state, undo: [...undo], boots: this.#state.boots + 1 }
    await this.setPhase('starting')
  }

  /** A failed write is reported, not thrown: a full disk must not end a running machine. */
  async setPhase(phase: VmState['phase'], error?: BeError): Promise<void> {
    const since = phase === this.#state.phase ? this.#state.since : this.#now()
    const failed = error === undefined ? {} : { error: errorRecord(error) }
    this.#state = { ...this.#state, phase, since, ...failed }
    await this.#write().catch(error => this.#warn(reason(error)))
  }

  /** One write at a time, each of the latest state: an older state never replaces a newer one. */
  #write(): Promise<void> {
    const written = this.#written.then(() => writeState(this.#files, this.#state))
    this.#written = written.catch(() => {})
    return written
  }

  #now(): string {
    return new Date(this.#clock.now()).toISOString()
  }
}
