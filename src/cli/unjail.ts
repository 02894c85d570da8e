import type { Command } from 'commander'
import { endJail } from '../verbs/trees/unjail.ts'
import { withLab } from './support/lab.ts'
import { say } from './support/print.ts'

export const unjail = (be: Command): Command =>
  be
    .command('unjail <be>')
    .alias('ujail')
    .description('end the jail that be jail -b left, and unmount its boot environment unless it is shared')
    .action((name: string, _: unknown, command: Command) =>
      withLab(command, async lab => {
        const ended = await endJail(lab, { name })
        if (!lab.dryRun) say(`${ended} is no longer jailed`)
      }),
    )
