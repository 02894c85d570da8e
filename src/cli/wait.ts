import type { Command } from 'commander'
import { WAIT_STAGES, waitForMachine } from '../verbs/boots/wait.ts'
import { common } from './support/common.ts'
import { withLab } from './support/lab.ts'
import { seconds } from './support/numbers.ts'
import { outJson, say } from './support/print.ts'

interface Flags {
  for: string
  timeout: number
}

export const wait = (be: Command): Command =>
  be
    .command('wait <machine>')
    .description('wait until a machine has come so far in its boot; exit 75 when it has not in time')
    .option('--for <stage>', `how far: ${WAIT_STAGES.join(', ')}`, 'up')
    .option('--timeout <seconds>', 'how long to wait', seconds(0), 600)
    .action((machine: string, { for: stage, timeout }: Flags, command: Command) =>
      withLab(command, async lab => {
        const { json, scripted } = common(command)
        const onStage = (name: string, at: string, next: string) => {
          if (!json && !scripted) say(`${name}: ${at}, ${next} next`)
        }
        const result = await waitForMachine(lab, { machine, stage, seconds: timeout, onStage })
        if (json) return outJson({ ...result, at: new Date(result.at) })
        const { reached, be = '', evidence } = result
        const by = evidence === undefined ? '' : ` (${evidence})`
        say(`${result.machine} is at ${reached} ${be}${by}`.trimEnd())
      }),
    )
