import { BeError } from '../../errors/errors.ts'
import { LAUNCHES, type LaunchName } from '../../launch/index.ts'
import { runInTree, type TreeLab } from '../trees/run.ts'
import { type BootMachineLab, bootMachine } from './boot-machine.ts'

/** `be boot BE --on LAUNCH -- COMMAND`. */
export interface BootInput {
  be: string
  /** One of COMMAND_LAUNCHES. */
  on: string
  command: readonly string[]
  /** Name or MAC; for launches that start a machine. */
  machine?: string
  timeoutMs?: number
  /** Receives what the command printed on another machine. */
  onOutput?(output: Buffer): void
}

/** The launches in whose systems commands can be run. */
export const COMMAND_LAUNCHES = LAUNCHES.filter(name => name !== 'bhyveload')

/**
 * Runs COMMAND in a boot environment started that way; resolves with its exit status, with -n with the text of what
 * would be run. Throws BE_LAUNCH_UNKNOWN, BE_LAUNCH_NO_COMMAND, and what runInTree and bootMachine throw.
 */
export async function boot(lab: TreeLab & BootMachineLab, input: BootInput): Promise<number | string> {
  const launch = launchNamed(input.on)
  const { be: name, command, timeoutMs } = input
  if (launch === 'jail' || launch === 'chroot') {
    return runInTree(lab, { launch, name, command, ...(timeoutMs !== undefined && { timeoutMs }) })
  }
  if (launch !== 'bhyveload') return bootMachine(lab, { ...input, launch })
  throw new BeError('BE_LAUNCH_NO_COMMAND', `${launch} runs no commands in what it starts`, {
    expected: COMMAND_LAUNCHES.join(', '),
  })
}

function launchNamed(text: string): LaunchName {
  const launch = LAUNCHES.find(name => name === text)
  if (launch !== undefined) return launch
  throw new BeError('BE_LAUNCH_UNKNOWN', `no launch ${JSON.stringify(text)}`, {
    expected: LAUNCHES.join(', '),
  })
}
