import { readFileSync } from 'node:fs'
import { isErrorCode } from '../../../errors/codes/index.ts'
import { BeError } from '../../../errors/errors.ts'
import { EXIT, type ExitName } from '../../../errors/sysexits.ts'
import { readIfThere, writeAtomic } from '../../../host/files.ts'
import { isVmLocked } from '../../../state/lock.ts'
import type { LaunchPlan } from '../launch.ts'
import type { UndoCommand } from '../steps.ts'
import type { VmFiles } from './files.ts'

/** When a machine that has ended is started again. A reboot always does. */
export const RESTARTS = ['always', 'on-failure', 'never'] as const
export type Restart = (typeof RESTARTS)[number]

/** What a supervisor is started with. */
export interface VmJob {
  plan: LaunchPlan
  restart: Restart
  /** A program that prints the plan for the next boot as JSON, where a file handle in it may have changed. */
  replan?: { argv: string[]; input: string }
}

/** State of a virtual machine, written by its supervisor. An undo is on disk before its step is taken. */
export interface VmState {
  phase: 'starting' | 'running' | 'stopping' | 'off' | 'failed'
  launch: string
  machine: string
  be: string
  restart: Restart
  /** Pid of the supervisor. */
  supervisor: number
  /** The hypervisor's program, without directory. */
  program: string
  /** When this phase began: ISO 8601. */
  since: string
  /** Boots that the supervisor has started. Reboots inside a hypervisor (QEMU, Xen) do not count. */
  boots: number
  error?: { code: string; message: string; expected?: string; hint?: string; exit: ExitName }
  /** Undos that remain, in the order in which they are run. */
  undo: UndoCommand[]
}

/** Undefined for a machine that was never started here, and when the file is not JSON. */
export async function readState({ state }: VmFiles): Promise<VmState | undefined> {
  try {
    const text = await readIfThere(state)
    return text === undefined ? undefined : (JSON.parse(text) as VmState)
  } catch {
    return undefined
  }
}

/**
 * As its supervisor has written it, or `failed` where that was killed; changes nothing. Undefined as for readState, and where
 * the file may not be read.
 */
export function peekState({ dir, state: file }: Pick<VmFiles, 'dir' | 'state'>): VmState | undefined {
  let state: VmState
  try {
    state = JSON.parse(readFileSync(file, 'utf8')) as VmState
  } catch {
    return undefined
  }
  if (!isActive(state) || isVmLocked(dir)) return state
  const error: VmState['error'] = { code: 'BE_VM_LOST', message: 'its supervisor was killed', exit: 'failed' }
  return { ...state, phase: 'failed', error }
}

export const writeState = ({ state }: VmFiles, value: VmState): Promise<void> =>
  writeAtomic(state, `${JSON.stringify(value, null, 2)}\n`, 0o640)

/** Whether a supervisor should be running. */
export const isActive = ({ phase }: VmState): boolean => phase !== 'off' && phase !== 'failed'

/** A BeError as the state file holds it. */
export const errorRecord = ({ code, message, expected, hint, exit }: BeError): VmState['error'] => ({
  code,
  message,
  ...(expected !== undefined && { expected }),
  ...(hint !== undefined && { hint }),
  exit,
})

/** The BeError of an errorRecord. */
export function recordedError({
  code,
  message,
  expected,
  hint,
  exit,
}: NonNullable<VmState['error']>): BeError {
  return new BeError(isErrorCode(code) ? code : 'BE_VM_FAILED', message, {
    ...(expected !== undefined && { expected }),
    ...(hint !== undefined && { hint }),
    exit: exit in EXIT ? exit : 'failed',
  })
}

/** The error of a second start. */
export const alreadyRunning = (machine: string): BeError =>
  new BeError('BE_VM_RUNNING', `${machine} runs already`, {
    hint: `be vm stop ${machine}, or be vm restart ${machine}; be console ${machine} attaches to it`,
  })
