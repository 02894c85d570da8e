import { reason } from '../../../errors/errors.ts'
import { isAlive, runningPid } from '../../../host/daemon.ts'
import { removeFile } from '../../../host/files.ts'
import type { Platform } from '../../../host/platform.ts'
import { killGroup, type Run } from '../../../host/run.ts'
import { type Clock, sleep } from '../../../net/net.ts'
import type { LaunchStep } from '../launch.ts'
import { isBridgeUnused } from '../network/bridges.ts'
import { runCommand } from '../run-command.ts'
import type { UndoCommand, VmFiles, VmState } from '../vm/state.ts'

/** What taking back needs of its surroundings. */
export interface UndoContext {
  run: Run
  platform: Platform
  clock: Clock
  stateDir: string
  /** Whose it was. */
  machine: string
  /** Told of what could not be taken back. */
  warn: (line: string) => void
}

/** What takes a step back. A file without an undo of its own is removed. */
export function undoOf({ do: work, undo, bridge }: LaunchStep): UndoCommand | undefined {
  if (undo !== undefined) return { ...undo, ...(bridge !== undefined && { bridge }) }
  return 'path' in work ? { what: `remove ${work.path}`, argv: ['rm', '-f', work.path] } : undefined
}

/**
 * Takes all of it back, in order; a failure is told and holds nothing up. Where a bridge may be among it cables have
 * to be ours until it stands in the machine's state that nothing is owed any more.
 */
export async function runUndos(undos: readonly UndoCommand[], ground: UndoContext): Promise<void> {
  for (const undo of undos) {
    try {
      if (undo.bridge === undefined || (await isBridgeUnused(undo.bridge, ground)))
        await runCommand(undo, ground)
    } catch (error) {
      ground.warn(`could not ${undo.what}: ${reason(error)}`)
    }
  }
}

/** How long a killed process may take to be gone: one that waits for a disk or NFS may not go at all. */
const KILLED_MS = 5000

/** Ends what a supervisor that was killed left behind: its hypervisor, and all that it had made; see takeBack. */
export async function clearLeftovers(files: VmFiles, state: VmState, ground: UndoContext): Promise<void> {
  const { clock } = ground
  const pid = await runningPid(files.pid, state.program, state.machine)
  if (pid !== undefined) {
    killGroup(pid)
    const end = clock.monotonic() + KILLED_MS
    while (isAlive(pid) && clock.monotonic() < end) await sleep(clock, 20)
  }
  await runUndos(state.undo, ground)
  await removeFile(files.pid)
  await removeFile(files.console)
}
