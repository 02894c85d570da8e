import type { Command } from 'commander'
import type { Lab } from '../../lab/lab.ts'
import { runForeground } from '../../verbs/vms/foreground.ts'
import { startAllMachines, startMachines } from '../../verbs/vms/start-machines.ts'
import { attach } from '../console.ts'
import { withLab } from '../support/lab.ts'
import { seconds } from '../support/numbers.ts'
import { openTerminal } from '../support/terminal.ts'
import { operands } from './operands.ts'

interface Flags {
  all?: boolean
  wait: number
  attach?: boolean
  foreground?: boolean
}

export const start = (verb: Command): Command =>
  verb
    .command('start [machine...]')
    .description('start machines with what they are assigned')
    .option('-A, --all', 'those of vmtab that start with the host, in its order')
    .option('-w, --wait <seconds>', 'with -A: how long to wait for be serve first', seconds(0), 60)
    .option('-a, --attach', 'attach to the console')
    .option('-f, --foreground', 'run it on this terminal, without a supervisor of its own')
    .action((names: string[], { all, wait, attach: attached, foreground: here }: Flags, command: Command) =>
      withLab(command, async lab => {
        const machines = operands(names, { all, single: attached || here })
        if (all) return startAllMachines(lab, { wait })
        if (here && !lab.dryRun) return foreground(lab, machines[0]!)
        await startMachines(lab, { machines })
        if (attached && !lab.dryRun) await attach(lab, machines[0]!)
      }),
    )

async function foreground(lab: Lab, machine: string): Promise<void> {
  const vm = await runForeground(lab, { machine, onOutput: data => process.stdout.write(data) })
  const terminal = openTerminal(data => vm.type(data))
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => vm.stop())
  process.on('SIGINT', () => vm.stop(true))
  void terminal.left.then(() => vm.stop())
  try {
    await vm.ended
  } finally {
    terminal.close()
  }
}
