import { reason } from '../errors.ts'
import { isAlive, runningPid } from '../host/daemon.ts'
import { removeFile } from '../host/files.ts'
import { interfaces } from '../host/interfaces.ts'
import type { Platform } from '../host/platform.ts'
import { killGroup, type Run } from '../host/run.ts'
import { type Clock, sleep } from '../net/net.ts'
import { runCommand } from './run-command.ts'
import type { VmFiles, VmState, VmUndo } from './vm-dir.ts'

/** What taking back needs of its surroundings. */
export interface UndoGround {
  run: Run
  platform: Platform
  /** Told of what could not be taken back. */
  warn: (line: string) => void
}

/** Takes all of it back, in order; a failure is told and holds nothing up. */
export async function takeBack(undos: readonly VmUndo[], ground: UndoGround): Promise<void> {
  for (const undo of undos) {
    try {
      if (!(await inUse(undo, ground))) await runCommand(undo, ground)
    } catch (error) {
      ground.warn(`could not ${undo.what}: ${reason(error)}`)
    }
  }
}

/** A bridge that carries others by now; the last of them takes it away. */
async function inUse({ unlessPorts }: VmUndo, { platform, run }: UndoGround): Promise<boolean> {
  if (unlessPorts === undefined) return false
  const bridge = (await interfaces(platform, run)).find(({ name }) => name === unlessPorts.bridge)
  return (bridge?.ports ?? []).some(port => port !== unlessPorts.but)
}

/** How long a killed process may take to be gone: one that waits for a disk or NFS may not go at all. */
const KILLED_MS = 5000

/** Ends what a supervisor that was killed left behind: its hypervisor, and all that it had made. */
export async function clearLeftovers(
  files: VmFiles,
  state: VmState,
  ground: UndoGround & { clock: Clock },
): Promise<void> {
  const { clock } = ground
  const pid = await runningPid(files.pid, state.program)
  if (pid !== undefined) {
    killGroup(pid)
    const end = clock.monotonic() + KILLED_MS
    while (isAlive(pid) && clock.monotonic() < end) await sleep(clock, 20)
  }
  await takeBack(state.undo, ground)
  await removeFile(files.pid)
  await removeFile(files.console)
}
