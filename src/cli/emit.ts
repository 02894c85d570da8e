import type { Command } from 'commander'
import { EMIT_KINDS } from '../verbs/plans/emit.ts'
import { out, withAppliance } from './session.ts'

export const emit = (be: Command): Command =>
  be
    .command('emit <kind> <be>')
    .description(`print a text that starts or exports a boot environment: ${EMIT_KINDS.join(', ')}`)
    .option('-m, --machine <machine>', 'for this machine: its MAC, address and name')
    .action((kind: string, name: string, { machine }: { machine?: string }, command: Command) =>
      withAppliance(command, async appliance => out(await appliance.emit(kind, name, machine))),
    )
