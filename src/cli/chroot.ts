import type { Command } from 'commander'
import { runInTree } from '../verbs/trees/run.ts'
import { handOn } from './exit-status.ts'
import { withAppliance } from './session.ts'

export const chroot = (be: Command): Command =>
  be
    .command('chroot <be> [command...]')
    .usage('[options] <be> [-- command...]')
    .description('run a command, or a shell, in the tree of a boot environment; hands its exit status on')
    .option('-U, --leave', 'leave what had to be mounted as it is')
    .action((name: string, words: string[], { leave }: { leave?: boolean }, command: Command) =>
      handOn(() =>
        withAppliance(command, appliance =>
          runInTree(appliance, { launch: 'chroot', be: name, command: words, leave: leave === true }),
        ),
      ),
    )
