import type { Command } from 'commander'
import { CLIENT_KINDS } from '../verbs/plans/client.ts'
import { explain as explainMachine } from '../verbs/plans/explain.ts'
import { common } from './support/common.ts'
import { withLab } from './support/lab.ts'
import { out, outJson } from './support/print.ts'

export const explain = (be: Command): Command =>
  be
    .command('explain <machine>')
    .description(
      'what this machine (name or MAC) would be answered now, and which rule says so; sends nothing',
    )
    .option('--as <client>', `who asks: ${CLIENT_KINDS.join(', ')}; default: as it last did`)
    .action((machine: string, { as }: { as?: string }, command: Command) =>
      withLab(command, async lab => {
        const { text, json } = await explainMachine(lab, { machine, as })
        if (common(command).json) outJson(json)
        else out(text)
      }),
    )
