import type { Command } from 'commander'
import { type ListedMachine, listMachines } from '../../verbs/machines/list.ts'
import { common } from '../support/common.ts'
import { withLab } from '../support/lab.ts'
import { out, outJson, warn } from '../support/print.ts'
import { table } from '../support/table.ts'

export const list = (verb: Command): Command =>
  verb
    .command('list')
    .alias('ls')
    .description('machines, their addresses and what they boot')
    .action((_: unknown, command: Command) =>
      withLab(command, async lab => {
        const { json, scripted } = common(command)
        const machines = listMachines(lab)
        for (const { machine, field, value } of lab.inventory.sharedIdentities()) {
          warn(`${machine}: its ${field} ${value} identifies nobody; be machine set ${machine} --${field} -`)
        }
        if (json) return outJson(machines)
        out(table(machines.map(row), ['MACHINE', 'MAC', 'ADDRESS', 'HOST', 'BOOTS'], scripted))
      }),
    )

const row = ({ name, mac, ip, host, be, rule }: ListedMachine): string[] => [
  name,
  mac,
  ip ?? '-',
  host ?? '-',
  be === undefined ? '-' : rule === 'default' ? `${be} (default)` : be,
]
