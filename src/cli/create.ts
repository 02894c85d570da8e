import type { Command } from 'commander'
import { LAYOUTS, parseLayout } from '../be/layout.ts'
import { cloneEnvironment } from '../verbs/environments/environments.ts'
import { tellDone, withAppliance } from './session.ts'

interface CreateOptions {
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
    .action((name: string, given: CreateOptions, command: Command) =>
      withAppliance(command, async appliance => {
        const { layout, from, recursive: deep = false } = checked(given, command)
        const made =
          from === undefined
            ? await appliance.create(name, parseLayout(layout ?? 'flat'))
            : await cloneEnvironment(appliance, { from, to: name, deep })
        tellDone(command, made, `created ${made.name}: ${made.path}`)
      }),
    )

/** A clone has the layout of its original. */
function checked(given: CreateOptions, command: Command): CreateOptions {
  if (given.from === undefined ? given.recursive : given.layout !== undefined) {
    command.error(given.from === undefined ? '-r needs -e' : '-l and -e do not go together')
  }
  return given
}
