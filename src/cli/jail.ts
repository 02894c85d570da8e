import { type Command, Option } from 'commander'
import { type JailOption, readJailOption } from '../launch/common/tree/jail-parameters.ts'
import { endJail, startJail } from '../verbs/trees/jail.ts'
import { runInTree } from '../verbs/trees/run.ts'
import { handOn } from './exit-status.ts'
import { common, out, say, withAppliance } from './session.ts'

interface Given {
  batch?: boolean
  leave?: boolean
}

export function jail(be: Command): Command {
  // Both kinds in one list: the order in which they stand counts.
  const parameters: JailOption[] = []
  const set = new Option('-o, --option <key=value>', 'set a parameter, see jail(8)')
  const unset = new Option('-u, --unset <key>', 'unset one')
  return be
    .command('jail <be> [command...]')
    .usage('[options] <be> [-- command...]')
    .description('run a command, or a shell, in a jail of a boot environment; hands its exit status on')
    .option('-b, --batch', 'make the jail and leave it, without a command')
    .option('-U, --leave', 'leave what had to be mounted as it is; on FreeBSD the jail too')
    .addOption(set.argParser(text => parameters.push(readJailOption(text))))
    .addOption(unset.argParser(key => parameters.push({ unset: key })))
    .action((name: string, words: string[], given: Given, command: Command) =>
      given.batch === true
        ? batch(command, name, parameters)
        : handOn(() =>
            withAppliance(command, appliance =>
              runInTree(appliance, {
                launch: 'jail',
                be: name,
                command: words,
                options: parameters,
                leave: given.leave === true,
              }),
            ),
          ),
    )
}

/** A command that is given all the same is ignored, as bectl(8) does. */
const batch = (command: Command, name: string, parameters: readonly JailOption[]): Promise<void> =>
  withAppliance(command, async appliance => {
    const jailed = await startJail(appliance, name, parameters)
    if (typeof jailed === 'string') return out(jailed)
    if (common(command).json) return out(JSON.stringify(jailed, null, 2))
    say(`${jailed.be} is jailed; a command in there: ${jailed.enter.join(' ')} COMMAND`)
    out(jailed.id)
  })

export const unjail = (be: Command): Command =>
  be
    .command('unjail <be>')
    .alias('ujail')
    .description('end the jail that be jail -b left, and unmount its boot environment unless it is shared')
    .action((name: string, _: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        const ended = await endJail(appliance, name)
        if (!common(command).dryRun) say(`${ended} is no longer jailed`)
      }),
    )
