import type { Command } from 'commander'
import { renameEnvironment } from '../appliance/environments.ts'
import { common, say, withAppliance } from './session.ts'

export const rename = (be: Command): Command =>
  be
    .command('rename <be> <new>')
    .description('rename a boot environment; who boots it, and its export, follow')
    .action((name: string, to: string, _: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        const { path } = await renameEnvironment(appliance, name, to)
        if (!common(command).dryRun) say(`renamed ${name}: ${path}`)
      }),
    )
