import type { Command } from 'commander'
import { visible } from '../errors/visible.ts'
import { REACHES } from '../session/boots.ts'
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
        const now = lab.clock.now()
        if (machine !== undefined && !scripted) return out(details(all[0]!, now))
        out(
          table(
            all.map(one => row(one, now)),
            ['MACHINE', 'RUNS', 'SINCE', 'STAGE', 'NEXT', 'WAY', 'TROUBLE'],
            scripted,
          ),
        )
      }),
    )

const row = (one: MachineStatus, now: number): string[] => [
  one.machine,
  one.runs ?? '-',
  time(one.since),
  stage(one, now),
  next(one),
  way(one) || '-',
  one.trouble ?? writing(one) ?? failed(one) ?? '-',
]

const writing = ({ runs, writesWith }: MachineStatus): string | null =>
  writesWith.length === 0 ? null : `${writesWith.join(', ')} too write to the root of ${runs}`

const failed = ({ failure }: MachineStatus): string | null =>
  failure === null ? null : `${time(failure.at)} ${failure.why}`

const time = (iso: string | null): string => (iso === null ? '-' : localTime(new Date(iso)))

/** `up (heartbeat)`, `up (dhcp, seen 3 h ago)`, `silent 4 min`, `off since …`, `loader (heard 2 h ago)`, or the stage alone. */
function stage({ stage, evidence, seen, silent, off, heard }: MachineStatus, now: number): string {
  if (stage === 'up' && evidence !== null) return `up (${evidence}${ago('seen', seen, now, RECENT_MS)})`
  if (stage === 'silent' && silent !== null) return `silent ${age(silent, now)}`
  if (stage === 'off' && off !== null)
    return `off since ${time(off.since)}${off.why === null ? '' : `: ${off.why}`}`
  const stale = BOOTING.has(stage) ? ago('heard', heard, now, STALE_MS).slice(2) : ''
  return stale === '' ? stage : `${stage} (${stale})`
}

const BOOTING: ReadonlySet<string> = new Set(REACHES)
/** Ages (ms) that go without saying: of a sign of life, and of the last packet of a machine that boots. */
const RECENT_MS = 60_000
const STALE_MS = 600_000

/** `, seen 3 h ago` */
const ago = (what: string, iso: string | null, now: number, least: number): string =>
  iso === null || now - Date.parse(iso) < least ? '' : `, ${what} ${age(iso, now)} ago`

/** `40 s`, `4 min`, `3 h`, `2 d`. */
function age(iso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(iso)) / 1000))
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`
}

const next = ({ next, rule }: MachineStatus): string =>
  next === null ? '-' : rule === 'machine' ? next : `${next} (${rule})`

/** The stages with the seconds from the first request: `asked 0.0, file 0.4, loader 3.1` */
const way = ({ way }: MachineStatus): string =>
  Object.entries(way)
    .map(([reach, seconds]) => `${reach} ${seconds.toFixed(1)}`)
    .join(', ')

/** One machine, a line for each known property. Control characters are escaped, since a guest chooses some of the text. */
export function details(one: MachineStatus, now: number): string {
  const { bytes } = one
  const read = Object.entries(bytes ?? {}).filter(([, count]) => count > 0)
  const lines: [string, string | null][] = [
    ['machine', one.machine === one.mac ? one.mac : `${one.machine} (${one.mac})`],
    ['runs', one.runs === null ? null : `${one.runs}, since ${time(one.since)}`],
    ['stage', `${stage(one, now)}${one.expected === 'nothing' ? '' : `; expected next: ${one.expected}`}`],
    ['boot', one.began === null ? null : `${one.booting ?? 'nothing assigned'}, began ${time(one.began)}`],
    ['seen', one.seen === null ? null : `${one.evidence}, ${time(one.seen)}`],
    ['heard', one.heard === null ? null : `last ${time(one.heard)}`],
    ['trouble', one.trouble],
    ['writes', writing(one)],
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
