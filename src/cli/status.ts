import type { Command } from 'commander'
import { visible } from '../errors/visible.ts'
import { localTime } from '../session/format.ts'
import { isServing } from '../state/service-lock.ts'
import { type Status, statusOf } from '../verbs/boots/status.ts'
import { common, out, say, table, withAppliance } from './session.ts'

export const status = (be: Command): Command =>
  be
    .command('status [machine]')
    .description('what each machine runs, since when, how it got there, and what it boots next')
    .action((machine: string | undefined, _: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        const { json, scripted } = common(command)
        const all = statusOf(appliance, machine)
        if (!isServing(appliance.stateDir)) say('be serve does not run here: this is what it saw last')
        if (json) return out(JSON.stringify(all, null, 2))
        if (machine !== undefined && !scripted) return out(details(all[0]!))
        out(table(all.map(row), ['MACHINE', 'RUNS', 'SINCE', 'STAGE', 'NEXT', 'WAY', 'TROUBLE'], scripted))
      }),
    )

const row = (one: Status): string[] => [
  one.machine,
  one.runs ?? '-',
  time(one.since),
  stage(one),
  next(one),
  way(one) || '-',
  one.trouble ?? failed(one) ?? '-',
]

const failed = ({ failure }: Status): string | null =>
  failure === null ? null : `${time(failure.at)} ${failure.why}`

const time = (iso: string | null): string => (iso === null ? '-' : localTime(new Date(iso)))

/** `up (call-back)`, or how far it is. */
const stage = ({ stage, evidence }: Status): string =>
  stage === 'up' && evidence !== null ? `up (${evidence})` : stage

const next = ({ next, rule }: Status): string =>
  next === null ? '-' : rule === 'machine' ? next : `${next} (${rule})`

/** Seconds since its first request: `asked 0.0, file 0.4, loader 3.1` */
const way = ({ way }: Status): string =>
  Object.entries(way)
    .map(([reach, seconds]) => `${reach} ${seconds.toFixed(1)}`)
    .join(', ')

/** One machine, a line for each thing that is known; what its system said of itself is only shown. */
export function details(one: Status): string {
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
