import { type Command, Option } from 'commander'
import { type JailOption, readJailOption } from '../launch/common/tree/jail-parameters.ts'
import { startJail } from '../verbs/trees/jail.ts'
import { runInTree } from '../verbs/trees/run.ts'
import { common } from './support/common.ts'
import { exitAs } from './support/exit-status.ts'
import { withLab } from './support/lab.ts'
import { out, outJson, say } from './support/print.ts'

interface Flags {
  batch?: boolean
  leave?: boolean
}

export function jail(be: Command): Command {
  // One list for -o and -u, since their order on the command line counts.
  const options: JailOption[] = []
  const set = new Option('-o, --option <key=value>', 'set a parameter, see jail(8)')
  const unset = new Option('-u, --unset <key>', 'unset one')
  return be
    .command('jail <be> [command...]')
    .usage('[options] <be> [-- command...]')
    .description('run a command, or a shell, in a jail of a boot environment; hands its exit status on')
    .option('-b, --batch', 'make the jail and leave it, without a command')
    .option('-U, --leave', 'leave what had to be mounted as it is; on FreeBSD the jail too')
    .addOption(set.argParser(text => options.push(readJailOption(text))))
    .addOption(unset.argParser(key => options.push({ unset: key })))
    .action((name: string, words: string[], { batch, leave = false }: Flags, command: Command) =>
      batch
        ? makeAndLeave(command, name, options)
        : exitAs(() =>
            withLab(command, lab => runInTree(lab, { launch: 'jail', name, command: words, options, leave })),
          ),
    )
}

/** -b; a command on the command line is ignored, as bectl(8) does. */
const makeAndLeave = (command: Command, name: string, options: readonly JailOption[]): Promise<void> =>
  withLab(command, async lab => {
    const made = await startJail(lab, { name, options })
    if (typeof made === 'string') return out(made)
    if (common(command).json) return outJson(made)
    say(`${made.be} is jailed; a command in there: ${made.enter.join(' ')} COMMAND`)
    out(made.id)
  })
