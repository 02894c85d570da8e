import type { Command } from 'commander'
import { cloneEnvironment } from '../verbs/environments/environments.ts'
import { tellDone, withAppliance } from './session.ts'

export const clone = (be: Command): Command =>
  be
    .command('clone <be[@snapshot]> [new]')
    .description('clone a boot environment with all that is nested in it')
    .option('--for <machine>', 'give it a host id and the name of this machine (NEW: BE-MACHINE)')
    .action((from: string, to: string | undefined, given: { for?: string }, command: Command) =>
      withAppliance(command, async appliance => {
        const made = await cloneEnvironment(appliance, { from, to, deep: true, machine: given.for })
        const next =
          given.for === undefined ? [] : [`be sharepxe ${made.name} ${given.for} lets it boot from there`]
        tellDone(command, made, `cloned ${from}: ${made.path}`, ...next)
      }),
    )
