import type { Command } from 'commander'
import { format } from '../session/format.ts'
import { common, out, withAppliance } from './session.ts'

export const log = (be: Command): Command =>
  be
    .command('log [machine]')
    .description('what happened on the way of each boot, in order')
    .option('-f, --follow', 'go on as it happens')
    .option('-l, --last <count>', 'only the last events', Number)
    .action((machine: string | undefined, options: { follow?: boolean; last?: number }, command: Command) =>
      withAppliance(command, async appliance => {
        const { json } = common(command)
        for await (const record of appliance.sessions(machine, options)) {
          out(json ? JSON.stringify(record) : format(record))
        }
      }),
    )
