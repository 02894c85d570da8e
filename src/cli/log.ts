import type { Command } from 'commander'
import { format } from '../session/format.ts'
import { serialize } from '../session/record.ts'
import { wholeNumber } from './number.ts'
import { outputGone } from './output.ts'
import { readerGone } from './reader.ts'
import { common, out, withAppliance } from './session.ts'

export const log = (be: Command): Command =>
  be
    .command('log [machine]')
    .description('what happened on the way of each boot, in order')
    .option('-f, --follow', 'go on as it happens')
    .option('-l, --last <count>', 'only the last events (with -f: 10)', wholeNumber)
    .option('-v, --verbose', 'also what is normal and frequent: size probes, files that a loader only tries')
    .action(
      (
        machine: string | undefined,
        options: { follow?: boolean; last?: number; verbose?: boolean },
        command: Command,
      ) =>
        withAppliance(command, async appliance => {
          const { json } = common(command)
          const reader = options.follow ? readerGone() : undefined
          try {
            const given = { ...options, ...(reader && { signal: reader.signal }) }
            for await (const record of appliance.sessions(machine, given)) {
              if (outputGone.aborted) break
              out(json ? serialize(record) : format(record))
            }
          } finally {
            reader?.close()
          }
        }),
    )
