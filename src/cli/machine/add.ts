import type { Command } from 'commander'
import { addMachine } from '../../verbs/machines/add.ts'
import type { MachineFields } from '../../verbs/machines/fields.ts'
import { withLab } from '../support/lab.ts'
import { printDone } from '../support/print.ts'
import { fieldOptions } from './fields.ts'

export const add = (verb: Command): Command =>
  fieldOptions(verb.command('add <name> <mac>').description('make a machine known')).action(
    (name: string, mac: string, fields: MachineFields, command: Command) =>
      withLab(command, async lab => {
        const added = addMachine(lab, { name, mac, fields })
        printDone(command, added, `added ${added.name} (${added.mac})`)
      }),
  )
