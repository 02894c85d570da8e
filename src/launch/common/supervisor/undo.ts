import { reason } from '../../../errors/errors.ts'
import { endsWithin, runningPid } from '../../../host/daemon.ts'
import { removeFile } from '../../../host/files.ts'
import { killGroup } from '../../../host/run.ts'
import type { Clock } from '../../../net/net.ts'
import { isBridgeUnused } from '../network/bridges.ts'
import { runCommand, type StepContext, type UndoCommand } from '../steps.ts'
import type { VmFiles } from '../vm/files.ts'
import type { VmState } from '../vm/state.ts'

export interface UndoContext extends StepContext {
  clock: Clock
  stateDir: string
  /** The machine whose steps are undone. */
  machine: string
  /** Takes a line for each undo that failed. */
  warn: (line: string) => void
}

/**
 * Runs undos in order; a failure is reported and the others are run all the same. Where one may destroy a bridge
 * the caller holds the bridges lock, until the machine's state no longer lists it.
 */
export async function runUndos(undos: readonly UndoCommand[], context: UndoContext): Promise<void> {
  for (const undo of undos) {
    try {
      if (undo.bridge === undefined || (await isBridgeUnused(undo.bridge, context))) {
        await runCommand(undo, context)
      }
    } catch (error) {
      context.warn(`could not ${undo.what}: ${reason(error)}`)
    }
  }
}

/** How long (ms) to wait for a killed process to be gone: one that waits for a disk or NFS may stay. */
const KILLED_MS = 5000

/** Kills the hypervisor that a killed supervisor left behind, and runs the undos of its state; see runUndos. */
export async function clearLeftovers(files: VmFiles, state: VmState, context: UndoContext): Promise<void> {
  const { clock } = context
  const pid = await runningPid(files.pid, state.program, state.machine)
  if (pid !== undefined) {
    killGroup(pid)
    await endsWithin(pid, clock, KILLED_MS)
  }
  await runUndos(state.undo, context)
  await removeFile(files.pid)
  await removeFile(files.console)
}
