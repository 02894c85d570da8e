import type { Command } from 'commander'
import { snapshotEnvironment } from '../verbs/environments/snapshot.ts'
import { common } from './support/common.ts'
import { withLab } from './support/lab.ts'
import { out } from './support/print.ts'

export const snapshot = (be: Command): Command =>
  be
    .command('snapshot <be[@tag]>')
    .description('take a snapshot of a boot environment and all that is nested in it; prints its name')
    .action((name: string, _: unknown, command: Command) =>
      withLab(command, async lab => {
        const taken = await snapshotEnvironment(lab, { name })
        const { dryRun, json } = common(command)
        if (!dryRun) out(json ? JSON.stringify({ name: taken }) : taken)
      }),
    )
