import type { Command } from 'commander'
import { destroyEnvironment } from '../verbs/environments/environments.ts'
import { tellDone, withAppliance } from './session.ts'

export const destroy = (be: Command): Command =>
  be
    .command('destroy <be[@snapshot]>')
    .description('destroy a boot environment and all that is in it, or one snapshot')
    .option('-F, --force', 'even if machines are assigned to it or it is shared')
    .action((name: string, { force = false }: { force?: boolean }, command: Command) =>
      withAppliance(command, async appliance => {
        const gone = await destroyEnvironment(appliance, name, force)
        tellDone(command, { name: gone }, `destroyed ${gone}`)
      }),
    )
