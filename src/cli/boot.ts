import { type Command, InvalidArgumentError } from 'commander'
import { bootOn, COMMAND_LAUNCHES, readLaunch } from '../appliance/boot-on.ts'
import { handOn } from './exit-status.ts'
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
    .option('--timeout <seconds>', 'end the command after this time; the status is 124 then', seconds)
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

/** No timer of Node is longer than 2^31 ms: it would be over at once. */
const MOST_SECONDS = 2_000_000

function seconds(text: string): number {
  if (/^\d{1,7}$/.test(text) && Number(text) > 0 && Number(text) <= MOST_SECONDS) return Number(text)
  throw new InvalidArgumentError(`expected a whole number of seconds, at most ${MOST_SECONDS}`)
}
