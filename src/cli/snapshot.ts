import type { Command } from 'commander'
import { snapshotEnvironment } from '../verbs/environments/environments.ts'
import { common, out, withAppliance } from './session.ts'

export const snapshot = (be: Command): Command =>
  be
    .command('snapshot <be[@tag]>')
    .description('take a snapshot of a boot environment and all that is nested in it; prints its name')
    .action((name: string, _: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        const taken = await snapshotEnvironment(appliance, name)
        const { dryRun, json } = common(command)
        if (!dryRun) out(json ? JSON.stringify({ name: taken }) : taken)
      }),
    )
