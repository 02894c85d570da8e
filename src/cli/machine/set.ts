import type { Command } from 'commander'
import type { MachineFields } from '../../verbs/machines/fields.ts'
import { setMachine } from '../../verbs/machines/set.ts'
import { withLab } from '../support/lab.ts'
import { printDone } from '../support/print.ts'
import { fieldOptions } from './fields.ts'

export const set = (verb: Command): Command =>
  fieldOptions(
    verb
      .command('set <machine>')
      .description('change what is known of a machine; - takes a value back')
      .option('--mac <mac>', 'its MAC address'),
  ).action((machine: string, fields: MachineFields, command: Command) =>
    withLab(command, async lab => {
      const changed = setMachine(lab, { machine, fields })
      printDone(command, changed, `changed ${changed.name} (${changed.mac})`)
    }),
  )
