import type { Command } from 'commander'
import { LAYOUTS } from '../be/layout.ts'
import { cloneEnvironment } from '../verbs/environments/clone.ts'
import { createEnvironment } from '../verbs/environments/create.ts'
import { withLab } from './support/lab.ts'
import { printDone } from './support/print.ts'

interface Flags {
  layout?: string
  from?: string
  recursive?: boolean
}

export const create = (be: Command): Command =>
  be
    .command('create <be>')
    .description('make a boot environment: an empty tree to install into, or one like another')
    .option('-l, --layout <layout>', `data sets and directories: ${LAYOUTS.join(', ')} (default: flat)`)
    .option('-e, --from <be[@snapshot]>', 'a clone of this one')
    .option('-r, --recursive', 'with -e: of the data sets nested in it too')
    .action((name: string, flags: Flags, command: Command) =>
      withLab(command, async lab => {
        const { layout, from, recursive: deep = false } = checked(flags, command)
        const made =
          from === undefined
            ? await createEnvironment(lab, { name, layout })
            : await cloneEnvironment(lab, { from, to: name, deep })
        printDone(command, made, `created ${made.name}: ${made.path}`)
      }),
    )

/** Ends with a usage error for -l with -e, since a clone has the layout of its original, and for -r without -e. */
function checked(flags: Flags, command: Command): Flags {
  if (flags.from === undefined ? flags.recursive : flags.layout !== undefined) {
    command.error(flags.from === undefined ? '-r needs -e' : '-l and -e do not go together')
  }
  return flags
}
