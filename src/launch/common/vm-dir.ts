import { join } from 'node:path'
import { BeError, EXIT, type ExitName } from '../../errors/errors.ts'
import { readIfThere, writeAtomic } from '../../host/files.ts'
import { LOCAL_PATH_MOST } from '../../net/local-socket.ts'
import type { LaunchCommand, LaunchName, LaunchPlan, MadeBridge } from './launch.ts'

/** When a machine that has ended starts again, beyond reboots, which always do. */
export const RESTARTS = ['always', 'on-failure', 'never'] as const
export type Restart = (typeof RESTARTS)[number]

/** What a supervisor is to do. */
export interface VmJob {
  plan: LaunchPlan
  restart: Restart
  /** A program that prints the plan anew, as JSON, where one holds facts that may be others by the next boot. */
  replan?: { argv: string[]; input: string }
}

/** What is still to be taken back; what `clean` of a plan says comes first. */
export interface VmUndo extends LaunchCommand {
  /** Only from this bridge, and only while it carries no other machine. */
  bridge?: MadeBridge
}

/** What the supervisor says of its machine; on disk before anything that it tells of is done. */
export interface VmState {
  phase: 'starting' | 'running' | 'stopping' | 'off' | 'failed'
  launch: LaunchName
  machine: string
  be: string
  restart: Restart
  /** Pid of the supervisor. */
  supervisor: number
  /** Its hypervisor, without directory. */
  program: string
  /** When this phase began: ISO 8601. */
  since: string
  /** How often it was started by its supervisor, reboots inside a hypervisor left out. */
  boots: number
  error?: { code: string; message: string; expected?: string; hint?: string; exit: ExitName }
  /** In the order in which it is to be taken back. */
  undo: VmUndo[]
}

/** The files of one machine that runs here, or ran: `state.dir`/vm/MACHINE. */
export interface VmFiles {
  dir: string
  /** Holds what machines lock that share a bridge. */
  stateDir: string
  /** VmState. */
  state: string
  /** Pid of the hypervisor. */
  pid: string
  /** Socket. */
  console: string
  consoleLog: string
  /** What the hypervisor and the supervisor said. */
  log: string
}

export const vmRoot = (stateDir: string): string => join(stateDir, 'vm')

/** Throws BE_STATE_PATH_LONG when sockets could not be there. */
export function vmFiles(stateDir: string, machine: string): VmFiles {
  const dir = join(vmRoot(stateDir), machine)
  const at = (name: string) => join(dir, name)
  if (Buffer.byteLength(at('console')) > LOCAL_PATH_MOST) {
    throw new BeError('BE_STATE_PATH_LONG', `${at('console')} is too long for a socket`, {
      expected: `at most ${LOCAL_PATH_MOST} bytes`,
      hint: 'name another state.dir',
      exit: 'config',
    })
  }
  return {
    dir,
    stateDir,
    state: at('state.json'),
    pid: at('main.pid'),
    console: at('console'),
    consoleLog: at('console.log'),
    log: at('vm.log'),
  }
}

/** Undefined for a machine that was never started here, and for a file that is none of ours. */
export async function readState({ state }: VmFiles): Promise<VmState | undefined> {
  try {
    const text = await readIfThere(state)
    return text === undefined ? undefined : (JSON.parse(text) as VmState)
  } catch {
    return undefined
  }
}

export const writeState = ({ state }: VmFiles, value: VmState): Promise<void> =>
  writeAtomic(state, `${JSON.stringify(value, null, 2)}\n`, 0o640)

/** Whether a supervisor should be there. */
export const isActive = ({ phase }: VmState): boolean => phase !== 'off' && phase !== 'failed'

/** An error as the state keeps it, and back. */
export const errorRecord = ({ code, message, expected, hint, exit }: BeError): VmState['error'] => ({
  code,
  message,
  ...(expected !== undefined && { expected }),
  ...(hint !== undefined && { hint }),
  exit,
})

export function recordedError({
  code,
  message,
  expected,
  hint,
  exit,
}: NonNullable<VmState['error']>): BeError {
  return new BeError(code as `BE_${string}`, message, {
    ...(expected !== undefined && { expected }),
    ...(hint !== undefined && { hint }),
    exit: exit in EXIT ? exit : 'failed',
  })
}

/** A second start is refused. */
export const running = (machine: string): BeError =>
  new BeError('BE_VM_RUNNING', `${machine} runs already`, {
    hint: `be vm stop ${machine}, or be vm restart ${machine}; be console ${machine} attaches to it`,
    exit: 'tryAgain',
  })
