import type { Command } from 'commander'
import { common, say, withAppliance } from './session.ts'

export const unshare = (be: Command): Command =>
  be
    .command('unshare <be>')
    .description('take the export of a boot environment back')
    .action((name: string, _: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        await appliance.unshare(name)
        if (!common(command).dryRun) say(`${name} is no longer shared`)
      }),
    )
