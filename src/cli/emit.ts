import type { Command } from 'commander'
import { EMIT_KINDS, emit as emitText } from '../verbs/plans/emit.ts'
import { withLab } from './support/lab.ts'
import { out } from './support/print.ts'

export const emit = (be: Command): Command =>
  be
    .command('emit <kind> <be>')
    .description(`print a text that starts or exports a boot environment: ${EMIT_KINDS.join(', ')}`)
    .option('-m, --machine <machine>', 'for this machine: its MAC, address and name')
    .action((kind: string, name: string, { machine }: { machine?: string }, command: Command) =>
      withLab(command, async lab => out(await emitText(lab, { kind, name, machine }))),
    )
