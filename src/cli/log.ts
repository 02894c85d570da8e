import type { Command } from 'commander'
import { format } from '../session/format.ts'
import { serialize } from '../session/record.ts'
import { sessionRecords } from '../verbs/boots/log.ts'
import { common } from './support/common.ts'
import { withLab } from './support/lab.ts'
import { wholeNumber } from './support/numbers.ts'
import { outputGone } from './support/output.ts'
import { out } from './support/print.ts'
import { readerGone } from './support/reader.ts'

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
        withLab(command, async lab => {
          const { json } = common(command)
          const reader = options.follow ? readerGone() : undefined
          try {
            const input = { ...options, machine, signal: reader?.signal }
            for await (const record of sessionRecords(lab, input)) {
              if (outputGone.aborted) break
              out(json ? serialize(record) : format(record))
            }
          } finally {
            reader?.close()
          }
        }),
    )
