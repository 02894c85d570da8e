import type { Command } from 'commander'
import { BeError } from '../errors/errors.ts'
import type { Machine } from '../machines/machine.ts'
import { localTime } from '../session/format.ts'
import type { Appliance } from '../verbs/appliance.ts'
import { runHere } from '../verbs/vms/foreground.ts'
import { restartMachines, runningHere, startAll, startMachines, stopMachines } from '../verbs/vms/rounds.ts'
import { listVms, machineHere, type VmListed } from '../verbs/vms/vms.ts'
import { attach, consoleVerb } from './console.ts'
import { common, out, say, table, withAppliance } from './session.ts'
import { openTerminal } from './terminal.ts'

export function vm(be: Command): Command {
  const verb = be
    .command('vm')
    .description('virtual machines on this host: list, start, stop, restart, console')
  list(verb)
  start(verb)
  stop(verb)
  restart(verb)
  consoleVerb(verb)
  return verb
}

const list = (verb: Command): Command =>
  verb
    .command('list')
    .alias('ls')
    .description('virtual machines, what they run and since when')
    .action((_: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        const { json, scripted } = common(command)
        const all = await listVms(appliance)
        if (json) return out(JSON.stringify(all, null, 2))
        const header = ['MACHINE', 'KIND', 'STATE', 'BE', 'LAUNCH', 'SINCE', 'BOOTS', 'AUTO']
        out(table(all.map(row), header, scripted))
        for (const { machine, state } of all) {
          if (state?.phase === 'failed' && !scripted) say(`${machine}: ${state.error?.message}`)
        }
      }),
    )

const row = ({ machine, kind, auto, state }: VmListed): string[] => [
  machine,
  kind ?? '-',
  state?.phase ?? 'off',
  state?.be ?? '-',
  state?.launch ?? '-',
  state === undefined ? '-' : localTime(new Date(state.since)),
  String(state?.boots ?? 0),
  auto ? 'auto' : 'no',
]

interface StartFlags {
  all?: boolean
  attach?: boolean
  foreground?: boolean
}

const start = (verb: Command): Command =>
  verb
    .command('start [machine...]')
    .description('start machines with what they are assigned')
    .option('-A, --all', 'those of vmtab that start with the host, in its order')
    .option('-a, --attach', 'attach to the console')
    .option('-f, --foreground', 'run it on this terminal, without a supervisor of its own')
    .action((names: string[], flags: StartFlags, command: Command) =>
      withAppliance(command, async appliance => {
        const { all, attach: attached, foreground: here } = flags
        const machines = chosen(appliance, named(names, all, attached || here))
        if (all) return startAll(appliance)
        if (here && !appliance.dryRun) return foreground(appliance, machines[0]!)
        await startMachines(appliance, machines)
        if (attached && !appliance.dryRun) await attach(appliance, machines[0]!.name)
      }),
    )

async function foreground(appliance: Appliance, machine: Machine): Promise<void> {
  const here = await runHere(appliance, machine, data => process.stdout.write(data))
  const terminal = openTerminal(data => here.type(data))
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => here.stop())
  process.on('SIGINT', () => here.stop(true))
  void terminal.left.then(() => here.stop())
  try {
    await here.ended
  } finally {
    terminal.close()
  }
}

interface StopFlags {
  all?: boolean
  force?: boolean
}

const stop = (verb: Command): Command =>
  verb
    .command('stop [machine...]')
    .description('press the power button; a machine that is not off after 30 s has its plug pulled')
    .option('-A, --all', 'all that run here')
    .option('-F, --force', 'pull the plug at once')
    .action((names: string[], { all, force = false }: StopFlags, command: Command) =>
      withAppliance(command, async appliance => {
        const wanted = named(names, all)
        const machines = all
          ? await runningHere(appliance)
          : await Promise.all(wanted.map(name => machineHere(appliance, name)))
        if (machines.length === 0) say('nothing runs here')
        await stopMachines(appliance, machines, force)
      }),
    )

const restart = (verb: Command): Command =>
  verb
    .command('restart <machine...>')
    .description('stop and start')
    .option('-F, --force', 'pull the plug at once')
    .action((names: string[], { force = false }: StopFlags, command: Command) =>
      withAppliance(command, async appliance => {
        await restartMachines(appliance, chosen(appliance, names), force)
      }),
    )

/** All of them are known before the first is touched. Throws BE_MACHINE_UNKNOWN. */
const chosen = (appliance: Appliance, names: string[]): Machine[] =>
  names.map(name => appliance.inventory.find(name))

/** The names, none with --all; a single one where it gets this terminal. Throws BE_USAGE. */
function named(names: string[], all = false, single = false): string[] {
  const wrong = refusal(names.length, all, single)
  if (wrong === undefined) return names
  throw new BeError('BE_USAGE', wrong, {
    expected: single ? 'one machine' : 'machines, or --all',
    exit: 'usage',
  })
}

function refusal(count: number, all: boolean, single: boolean): string | undefined {
  if (all && count > 0) return 'machines are named beside --all'
  if (!all && count === 0) return 'no machine named'
  return single && count !== 1 ? 'only one terminal here' : undefined
}
