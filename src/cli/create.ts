import type { Command } from 'commander'
import { LAYOUTS, parseLayout } from '../be/layout.ts'
import { common, say, withAppliance } from './session.ts'

export const create = (be: Command): Command =>
  be
    .command('create <be>')
    .description('make a boot environment: an empty tree to install into')
    .option('-l, --layout <layout>', `skeleton of directories: ${LAYOUTS.join(', ')}`, 'flat')
    .action((name: string, { layout }: { layout: string }, command: Command) =>
      withAppliance(command, async appliance => {
        const made = await appliance.create(name, parseLayout(layout))
        if (!common(command).dryRun) say(`created ${made.name}: ${made.path}`)
      }),
    )
