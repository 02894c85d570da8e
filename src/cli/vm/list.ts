import type { Command } from 'commander'
import { localTime } from '../../session/format.ts'
import { type ListedVm, listVms } from '../../verbs/vms/list.ts'
import { common } from '../support/common.ts'
import { withLab } from '../support/lab.ts'
import { out, outJson, warn } from '../support/print.ts'
import { table } from '../support/table.ts'

const HEADER = ['MACHINE', 'KIND', 'STATE', 'BE', 'LAUNCH', 'SINCE', 'BOOTS', 'AUTO']

export const list = (verb: Command): Command =>
  verb
    .command('list')
    .alias('ls')
    .description('virtual machines, what they run and since when')
    .action((_: unknown, command: Command) =>
      withLab(command, async lab => {
        const { json, scripted } = common(command)
        const vms = await listVms(lab)
        if (json) return outJson(vms)
        out(table(vms.map(row), HEADER, scripted))
        for (const { machine, state } of vms) {
          if (state?.phase === 'failed' && !scripted) warn(`${machine}: ${state.error?.message}`)
        }
      }),
    )

const row = ({ machine, kind, auto, state }: ListedVm): string[] => [
  machine,
  kind ?? '-',
  state?.phase ?? 'off',
  state?.be ?? '-',
  state?.launch ?? '-',
  state === undefined ? '-' : localTime(new Date(state.since)),
  String(state?.boots ?? 0),
  auto ? 'auto' : 'no',
]
