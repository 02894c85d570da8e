import { BeError } from '../../errors/errors.ts'
import { LAUNCHES, type LaunchName } from '../../launch/index.ts'
import { runInTree, type TreeLab } from '../trees/run.ts'
import { type BootMachineLab, bootMachine } from './boot-machine.ts'

/** `be boot BE --on LAUNCH -- COMMAND`. */
export interface BootInput {
  /** Name of the boot environment. */
  be: string
  /** One of COMMAND_LAUNCHES. */
  on: string
  /** An argument vector. */
  command: readonly string[]
  /** Name or MAC; for launches that start a machine. */
  machine?: string
  /** After this time the command is ended. */
  timeoutMs?: number
  /** Receives what the command printed on a machine; in a jail or chroot it prints to our standard output. */
  onOutput?(output: Buffer): void
}

/** The launches by which a command can be run. */
export const COMMAND_LAUNCHES = LAUNCHES.filter(name => name !== 'bhyveload')

/**
 * Starts a boot environment and runs a command in it; resolves with its exit status, with -n possibly with the text of
 * what would be run. Throws BE_LAUNCH_UNKNOWN, BE_LAUNCH_NO_COMMAND, and what runInTree and bootMachine throw.
 */
export async function boot(lab: TreeLab & BootMachineLab, input: BootInput): Promise<number | string> {
  const launch = parseLaunch(input.on)
  const { be: name, command, timeoutMs } = input
  if (launch === 'jail' || launch === 'chroot') {
    return runInTree(lab, { launch, name, command, timeoutMs })
  }
  if (launch !== 'bhyveload') return bootMachine(lab, { ...input, launch })
  throw new BeError('BE_LAUNCH_NO_COMMAND', `${launch} runs no commands in what it starts`, {
    expected: COMMAND_LAUNCHES.join(', '),
  })
}

function parseLaunch(text: string): LaunchName {
  const launch = LAUNCHES.find(name => name === text)
  if (launch !== undefined) return launch
  throw new BeError('BE_LAUNCH_UNKNOWN', `no launch ${JSON.stringify(text)}`, {
    expected: LAUNCHES.join(', '),
  })
}
