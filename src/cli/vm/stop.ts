import type { Command } from 'commander'
import { stopMachines } from '../../verbs/vms/stop-machines.ts'
import { withLab } from '../support/lab.ts'
import { say } from '../support/print.ts'
import { operands } from './operands.ts'

interface Flags {
  all?: boolean
  force?: boolean
}

export const stop = (verb: Command): Command =>
  verb
    .command('stop [machine...]')
    .description('press the power button; a machine that is not off after 30 s has its plug pulled')
    .option('-A, --all', 'all that run here')
    .option('-F, --force', 'pull the plug at once')
    .action((names: string[], { all, force: now = false }: Flags, command: Command) =>
      withLab(command, async lab => {
        const machines = operands(names, { all })
        const stopped = await stopMachines(lab, { now, ...(!all && { machines }) })
        if (stopped.length === 0) say('nothing runs here')
      }),
    )
