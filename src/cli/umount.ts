import type { Command } from 'commander'
import { umountEnvironment } from '../verbs/environments/mount.ts'
import { withLab } from './support/lab.ts'
import { say } from './support/print.ts'

export const umount = (be: Command): Command =>
  be
    .command('umount <be>')
    .alias('unmount')
    .description('unmount a boot environment')
    .option('-f, --force', 'even while machines run it; unshare it first')
    .action((name: string, { force = false }: { force?: boolean }, command: Command) =>
      withLab(command, async lab => say((await umountEnvironment(lab, { name, force })).note)),
    )
