import type { Command } from 'commander'
import { cloneEnvironment } from '../appliance/environments.ts'
import { common, out, say, withAppliance } from './session.ts'

export const clone = (be: Command): Command =>
  be
    .command('clone <be[@snapshot]> [new]')
    .description('clone a boot environment with all that is nested in it')
    .option('--for <machine>', 'give it a host id and the name of this machine (NEW: BE-MACHINE)')
    .action((from: string, to: string | undefined, given: { for?: string }, command: Command) =>
      withAppliance(command, async appliance => {
        const { dryRun, json } = common(command)
        const made = await cloneEnvironment(appliance, { from, to, deep: true, machine: given.for })
        if (dryRun) return
        if (json) return out(JSON.stringify(made, null, 2))
        say(`cloned ${from}: ${made.path}`)
        if (given.for !== undefined) say(`be sharepxe ${made.name} ${given.for} lets it boot from there`)
      }),
    )
