import type { Command } from 'commander'
import { cloneEnvironment } from '../verbs/environments/clone.ts'
import { withLab } from './support/lab.ts'
import { printDone } from './support/print.ts'

export const clone = (be: Command): Command =>
  be
    .command('clone <be[@snapshot]> [new]')
    .description('clone a boot environment with all that is nested in it')
    .option('--for <machine>', 'give it a host id and the name of this machine (NEW: BE-MACHINE)')
    .action((from: string, to: string | undefined, { for: machine }: { for?: string }, command: Command) =>
      withLab(command, async lab => {
        const made = await cloneEnvironment(lab, { from, to, deep: true, machine })
        const next =
          machine === undefined ? [] : [`be sharepxe ${made.name} ${machine} lets it boot from there`]
        printDone(command, made, `cloned ${from}: ${made.path}`, ...next)
      }),
    )
