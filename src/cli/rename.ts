import type { Command } from 'commander'
import { renameEnvironment } from '../verbs/environments/rename.ts'
import { withLab } from './support/lab.ts'
import { printDone } from './support/print.ts'

export const rename = (be: Command): Command =>
  be
    .command('rename <be> <new>')
    .description('rename a boot environment; who boots it, and its export, follow')
    .option('-f, --force', 'even while machines run it')
    .action((name: string, to: string, { force = false }: { force?: boolean }, command: Command) =>
      withLab(command, async lab => {
        const renamed = await renameEnvironment(lab, { name, to, force })
        printDone(command, renamed, `renamed ${name}: ${renamed.path}`)
      }),
    )
