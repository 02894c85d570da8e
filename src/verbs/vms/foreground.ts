import { makeDirectory } from '../../host/directory.ts'
import { run } from '../../host/run.ts'
import type { Lab } from '../../lab/lab.ts'
import { Supervisor } from '../../launch/common/supervisor/supervisor.ts'
import { vmFiles } from '../../launch/common/vm/files.ts'
import { recordedError } from '../../launch/common/vm/state.ts'
import type { Machine } from '../../machines/machine.ts'
import { checkReady } from './host.ts'
import { prepareVm } from './vms.ts'

/** A machine that runs as long as this process does. */
export interface MachineHere {
  type(data: Uint8Array): void
  /** Presses the power button; `now`: pulls the plug. */
  stop(now?: boolean): void
  /** Rejects with what made it fail. */
  ended: Promise<void>
}

/** Runs a machine in this process, for a terminal or another supervisor. Throws as startMachine does. */
export async function runHere(
  rooms: Lab,
  machine: Machine,
  output: (data: Buffer) => void,
): Promise<MachineHere> {
  const job = await prepareVm(rooms, machine, {})
  const { platform } = rooms.effective
  await checkReady(job.plan, platform)
  const files = vmFiles(rooms.stateDir, machine.name)
  makeDirectory(files.dir, 0o750)
  const { clock, say } = rooms
  const supervisor = new Supervisor(files, job, { clock, platform, run, say, output })
  return {
    type: data => supervisor.type(data),
    stop: now => void supervisor.stop(now),
    ended: supervisor.run().then(({ phase, error }) => {
      if (phase === 'failed' && error !== undefined) throw recordedError(error)
    }),
  }
}
