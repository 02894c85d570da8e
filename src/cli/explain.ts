import type { Command } from 'commander'
import { CLIENT_KINDS } from '../verbs/plans/explain.ts'
import { common, out, withAppliance } from './session.ts'

export const explain = (be: Command): Command =>
  be
    .command('explain <machine>')
    .description(
      'what this machine (name or MAC) would be answered now, and which rule says so; sends nothing',
    )
    .option('--as <client>', `who asks: ${CLIENT_KINDS.join(', ')}`, 'uefi')
    .action((machine: string, { as }: { as: string }, command: Command) =>
      withAppliance(command, async appliance => {
        const explanation = await appliance.explain(machine, as)
        out(common(command).json ? JSON.stringify(explanation.json, null, 2) : explanation.text)
      }),
    )
