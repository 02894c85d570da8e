import type { Command } from 'commander'
import { visible } from '../errors/visible.ts'
import { localTime } from '../session/format.ts'
import { type MachineStatus, machineStatus } from '../verbs/boots/status.ts'
import { common } from './support/common.ts'
import { withLab } from './support/lab.ts'
import { out, outJson, warn } from './support/print.ts'
import { table } from './support/table.ts'

export const status = (be: Command): Command =>
  be
    .command('status [machine]')
    .description('what each machine runs, since when, how it got there, and what it boots next')
    .action((machine: string | undefined, _: unknown, command: Command) =>
      withLab(command, async lab => {
        const { json, scripted } = common(command)
        const { machines: all, served } = machineStatus(lab, { machine })
        if (!served) warn('be serve does not run here: this is what it saw last')
        if (json) return outJson(all)
        if (machine !== undefined && !scripted) return out(details(all[0]!))
        out(table(all.map(row), ['MACHINE', 'RUNS', 'SINCE', 'STAGE', 'NEXT', 'WAY', 'TROUBLE'], scripted))
      }),
    )

const row = (one: MachineStatus): string[] => [
  one.machine,
  one.runs ?? '-',
  time(one.since),
  stage(one),
  next(one),
  way(one) || '-',
  one.trouble ?? failed(one) ?? '-',
]

const failed = ({ failure }: MachineStatus): string | null =>
  failure === null ? null : `${time(failure.at)} ${failure.why}`

const time = (iso: string | null): string => (iso === null ? '-' : localTime(new Date(iso)))

/** `up (call-back)`, or any other stage. */
const stage = ({ stage, evidence }: MachineStatus): string =>
  stage === 'up' && evidence !== null ? `up (${evidence})` : stage

const next = ({ next, rule }: MachineStatus): string =>
  next === null ? '-' : rule === 'machine' ? next : `${next} (${rule})`

/** The stages with the seconds from the first request: `asked 0.0, file 0.4, loader 3.1` */
const way = ({ way }: MachineStatus): string =>
  Object.entries(way)
    .map(([reach, seconds]) => `${reach} ${seconds.toFixed(1)}`)
    .join(', ')

/** One machine, a line for each known property. Control characters are escaped, since a guest chooses some of the text. */
export function details(one: MachineStatus): string {
  const { bytes } = one
  const read = Object.entries(bytes ?? {}).filter(([, count]) => count > 0)
  const lines: [string, string | null][] = [
    ['machine', one.machine === one.mac ? one.mac : `${one.machine} (${one.mac})`],
    ['runs', one.runs === null ? null : `${one.runs}, since ${time(one.since)}`],
    ['stage', `${stage(one)}${one.expected === 'nothing' ? '' : `; expected next: ${one.expected}`}`],
    ['boot', one.began === null ? null : `${one.booting ?? 'nothing assigned'}, began ${time(one.began)}`],
    ['heard', one.heard === null ? null : `last ${time(one.heard)}`],
    ['trouble', one.trouble],
    [
      'way',
      way(one) === '' ? null : `${way(one)} s; ${one.clients.join(', ')}; handoff ${one.handoff ?? '-'}`,
    ],
    ['fetched', read.length === 0 ? null : read.map(([how, count]) => `${count} bytes by ${how}`).join(', ')],
    ['system', one.uname],
    ['root', one.root],
    ['next', next(one)],
    ['failed', failed(one)],
  ]
  return lines
    .flatMap(([what, text]) => (text === null ? [] : [`${what.padEnd(8)} ${visible(text)}\n`]))
    .join('')
}
