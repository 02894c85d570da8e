import { BeError } from '../../errors/errors.ts'
import { LAUNCHES, type LaunchName } from '../../launch/index.ts'
import type { Appliance } from '../appliance.ts'
import { runInTree } from '../trees/run.ts'
import { bootMachine } from './boot-machine.ts'

/** What `be boot BE --on LAUNCH -- COMMAND` was told. */
export interface BootOn {
  be: string
  launch: LaunchName
  command: readonly string[]
  machine?: string
  timeoutMs?: number
  /** Takes what a command on another machine printed. */
  write?(output: Buffer): void
}

/** The launches in whose systems commands can be run. */
export const COMMAND_LAUNCHES = LAUNCHES.filter(name => name !== 'bhyveload')

/** Throws BE_LAUNCH_UNKNOWN. */
export function readLaunch(text: string): LaunchName {
  const launch = LAUNCHES.find(name => name === text)
  if (launch !== undefined) return launch
  throw new BeError('BE_LAUNCH_UNKNOWN', `no launch ${JSON.stringify(text)}`, {
    expected: LAUNCHES.join(', '),
    exit: 'usage',
  })
}

/**
 * Runs COMMAND in a BE started that way and answers its exit status; with -n what would be run. Throws what
 * runInside and bootMachine throw, and BE_LAUNCH_NO_COMMAND.
 */
export async function bootOn(appliance: Appliance, wanted: BootOn): Promise<number | string> {
  const { be, launch, command, timeoutMs } = wanted
  if (launch === 'jail' || launch === 'chroot') {
    return runInTree(appliance, { launch, be, command, ...(timeoutMs !== undefined && { timeoutMs }) })
  }
  if (launch !== 'bhyveload') return bootMachine(appliance, wanted)
  throw new BeError('BE_LAUNCH_NO_COMMAND', `${launch} runs no commands in what it starts`, {
    expected: COMMAND_LAUNCHES.join(', '),
    exit: 'unavailable',
  })
}
