import { join } from 'node:path'
import { BeError } from '../../../errors/errors.ts'
import { LOCAL_PATH_MOST } from '../../../net/local-socket.ts'

/** The files of one virtual machine of this host: `state.dir`/vm/MACHINE. */
export interface VmFiles {
  dir: string
  /** `state.dir`: holds the lock that machines share for changes to bridges. */
  stateDir: string
  /** VmState as JSON. */
  state: string
  /** Pid of the hypervisor. */
  pid: string
  /** Socket. */
  console: string
  consoleLog: string
  /** Messages of the hypervisor and the supervisor. */
  log: string
}

/** The directory with a directory for each machine. */
export const vmRoot = (stateDir: string): string => join(stateDir, 'vm')

/** Where a machine's state is: what can be read although its sockets cannot be made. */
export function vmStateFile(stateDir: string, machine: string): Pick<VmFiles, 'dir' | 'state'> {
  const dir = join(vmRoot(stateDir), machine)
  return { dir, state: join(dir, 'state.json') }
}

/** Throws BE_STATE_PATH_LONG when a socket's path would be too long for sockaddr_un. */
export function vmFiles(stateDir: string, machine: string): VmFiles {
  const dir = join(vmRoot(stateDir), machine)
  const at = (name: string) => join(dir, name)
  if (Buffer.byteLength(at('console')) > LOCAL_PATH_MOST) {
    throw new BeError('BE_STATE_PATH_LONG', `${at('console')} is too long for a socket`, {
      expected: `at most ${LOCAL_PATH_MOST} bytes`,
      hint: 'name another state.dir',
    })
  }
  return {
    dir,
    stateDir,
    state: vmStateFile(stateDir, machine).state,
    pid: at('main.pid'),
    console: at('console'),
    consoleLog: at('console.log'),
    log: at('vm.log'),
  }
}
