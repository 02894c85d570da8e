import type { Command } from 'commander'
import { sharePxe } from '../verbs/boots/sharepxe.ts'
import { withLab } from './support/lab.ts'
import { printDone } from './support/print.ts'
import { type Rights, readOnly, rights } from './support/rights.ts'

export const sharepxe = (be: Command): Command =>
  rights(be.command('sharepxe <be> [machine...]'))
    .description(
      'share a boot environment and let these machines boot it; without one: all that have no other',
    )
    .action((name: string, machines: string[], flags: Rights, command: Command) =>
      withLab(command, async lab => {
        const result = await sharePxe(lab, { name, machines, readOnly: readOnly(flags) })
        printDone(command, result)
      }),
    )
