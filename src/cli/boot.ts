import type { Command } from 'commander'
import { bootOn, COMMAND_LAUNCHES, readLaunch } from '../verbs/boots/boot.ts'
import { handOn } from './exit-status.ts'
import { seconds } from './number.ts'
import { withAppliance } from './session.ts'

interface Given {
  on: string
  machine?: string
  timeout?: number
}

export const boot = (be: Command): Command =>
  be
    .command('boot <be> <command...>')
    .usage('--on <launch> [options] <be> -- <command...>')
    .description('start a boot environment, run a command in it, and hand its exit status on')
    .requiredOption('--on <launch>', `how to start it: ${COMMAND_LAUNCHES.join(', ')}`)
    .option('-m, --machine <machine>', 'on this machine')
    .option('--timeout <seconds>', 'end the command after this time; the status is 124 then', seconds(1))
    .action((name: string, words: string[], { on, machine, timeout }: Given, command: Command) =>
      handOn(() =>
        withAppliance(command, appliance =>
          bootOn(appliance, {
            be: name,
            launch: readLaunch(on),
            command: words,
            write: output => process.stdout.write(output),
            ...(machine !== undefined && { machine }),
            ...(timeout !== undefined && { timeoutMs: timeout * 1000 }),
          }),
        ),
      ),
    )
