import type { Command } from 'commander'
import { boot as bootEnvironment, COMMAND_LAUNCHES } from '../verbs/boots/boot.ts'
import { exitAs } from './support/exit-status.ts'
import { withLab } from './support/lab.ts'
import { seconds } from './support/numbers.ts'

interface Flags {
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
    .action((name: string, words: string[], { on, machine, timeout }: Flags, command: Command) =>
      exitAs(() =>
        withLab(command, lab =>
          bootEnvironment(lab, {
            be: name,
            on,
            command: words,
            machine,
            timeoutMs: timeout === undefined ? undefined : timeout * 1000,
            onOutput: output => process.stdout.write(output),
          }),
        ),
      ),
    )
