import type { Command } from 'commander'
import { runInTree } from '../verbs/trees/run.ts'
import { exitAs } from './support/exit-status.ts'
import { withLab } from './support/lab.ts'

export const chroot = (be: Command): Command =>
  be
    .command('chroot <be> [command...]')
    .usage('[options] <be> [-- command...]')
    .description('run a command, or a shell, in the tree of a boot environment; hands its exit status on')
    .option('-U, --leave', 'leave what had to be mounted as it is')
    .action((name: string, words: string[], { leave = false }: { leave?: boolean }, command: Command) =>
      exitAs(() =>
        withLab(command, lab => runInTree(lab, { launch: 'chroot', name, command: words, leave })),
      ),
    )
