import type { Command } from 'commander'
import { GOALS, waitFor } from '../verbs/boots/wait.ts'
import { seconds } from './number.ts'
import { common, out, say, withAppliance } from './session.ts'

export const wait = (be: Command): Command =>
  be
    .command('wait <machine>')
    .description('wait until a machine has come so far in its boot; exit 75 when it has not in time')
    .option('--for <stage>', `how far: ${GOALS.join(', ')}`, 'up')
    .option('--timeout <seconds>', 'how long to wait', seconds(0), 600)
    .action((machine: string, { for: goal, timeout }: { for: string; timeout: number }, command: Command) =>
      withAppliance(command, async appliance => {
        const arrived = await waitFor(appliance, machine, { goal, seconds: timeout })
        if (common(command).json)
          return out(JSON.stringify({ ...arrived, at: new Date(arrived.at) }, null, 2))
        const { reached, be = '', evidence } = arrived
        say(
          `${arrived.machine} is at ${reached} ${be}${evidence === undefined ? '' : ` (${evidence})`}`.trimEnd(),
        )
      }),
    )
