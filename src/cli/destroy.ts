import type { Command } from 'commander'
import { destroyEnvironment } from '../verbs/environments/destroy.ts'
import { withLab } from './support/lab.ts'
import { printDone } from './support/print.ts'

export const destroy = (be: Command): Command =>
  be
    .command('destroy <be[@snapshot]>')
    .description('destroy a boot environment and all that is in it, or one snapshot')
    .option('-F, --force', 'even if machines run it or are assigned to it, or it is shared')
    .action((name: string, { force = false }: { force?: boolean }, command: Command) =>
      withLab(command, async lab => {
        const destroyed = await destroyEnvironment(lab, { name, force })
        printDone(command, { name: destroyed }, `destroyed ${destroyed}`)
      }),
    )
