import type { Command } from 'commander'
import { renameEnvironment } from '../verbs/environments/environments.ts'
import { tellDone, withAppliance } from './session.ts'

export const rename = (be: Command): Command =>
  be
    .command('rename <be> <new>')
    .description('rename a boot environment; who boots it, and its export, follow')
    .action((name: string, to: string, _: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        const renamed = await renameEnvironment(appliance, name, to)
        tellDone(command, renamed, `renamed ${name}: ${renamed.path}`)
      }),
    )
