import type { Command } from 'commander'
import { removeMachine } from '../../verbs/machines/remove.ts'
import { withLab } from '../support/lab.ts'
import { printDone } from '../support/print.ts'

export const remove = (verb: Command): Command =>
  verb
    .command('remove <machine>')
    .alias('rm')
    .description('forget a machine and what it was to boot')
    .option('-f, --force', 'even while it runs a boot environment')
    .action((machine: string, { force = false }: { force?: boolean }, command: Command) =>
      withLab(command, async lab => {
        const removed = await removeMachine(lab, { machine, force })
        printDone(command, removed, `removed ${removed.name} (${removed.mac})`)
      }),
    )
