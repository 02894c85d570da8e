import { makeDirectory } from '../../host/directory.ts'
import { run } from '../../host/run.ts'
import { Supervisor } from '../../launch/common/supervisor/supervisor.ts'
import { vmFiles } from '../../launch/common/vm/files.ts'
import { recordedError } from '../../launch/common/vm/state.ts'
import { checkReady } from './ready.ts'
import { prepareVm, type StartLab } from './start.ts'

export interface ForegroundInput {
  /** Name or MAC. */
  machine: string
  /** Receives the output of its console. */
  onOutput: (data: Buffer) => void
}

/** A machine whose supervisor is this process. */
export interface ForegroundVm {
  /** Writes to its console. */
  type(data: Uint8Array): void
  /** Presses the power button; `now`: powers it off at once. */
  stop(now?: boolean): void
  /** Settles when the machine is off; rejects with the error that ended it. */
  ended: Promise<void>
}

/** Starts a machine that this process supervises, for a terminal or a service manager. Throws as startMachine does. */
export async function runForeground(
  lab: StartLab,
  { machine: name, onOutput }: ForegroundInput,
): Promise<ForegroundVm> {
  const machine = lab.inventory.find(name)
  const job = await prepareVm(lab, { machine })
  const { platform } = lab.effective
  await checkReady(job.plan, platform)
  const files = vmFiles(lab.stateDir, machine.name)
  makeDirectory(files.dir, 0o750)
  const { clock, say } = lab
  const supervisor = new Supervisor(files, job, { clock, platform, run, say, output: onOutput })
  return {
    type: data => supervisor.type(data),
    stop: now => void supervisor.stop(now),
    ended: supervisor.run().then(({ phase, error }) => {
      if (phase === 'failed' && error !== undefined) throw recordedError(error)
    }),
  }
}
