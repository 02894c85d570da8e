import type { Command } from 'commander'
import { restartMachines } from '../../verbs/vms/restart-machines.ts'
import { withLab } from '../support/lab.ts'

export const restart = (verb: Command): Command =>
  verb
    .command('restart <machine...>')
    .description('stop and start')
    .option('-F, --force', 'pull the plug at once')
    .action((machines: string[], { force: now = false }: { force?: boolean }, command: Command) =>
      withLab(command, async lab => {
        await restartMachines(lab, { machines, now })
      }),
    )
