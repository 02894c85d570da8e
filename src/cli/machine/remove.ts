import type { Command } from 'commander'
import { removeMachine } from '../../verbs/machines/remove.ts'
import { withLab } from '../support/lab.ts'
import { printDone } from '../support/print.ts'

export const remove = (verb: Command): Command =>
  verb
    .command('remove <machine>')
    .alias('rm')
    .description('forget a machine and what it was to boot')
    .action((machine: string, _: unknown, command: Command) =>
      withLab(command, async lab => {
        const removed = removeMachine(lab, { machine })
        printDone(command, removed, `removed ${removed.name} (${removed.mac})`)
      }),
    )
