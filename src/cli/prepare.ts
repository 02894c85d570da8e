import { type Command, Option } from 'commander'
import { prepareEnvironment, type TreeChange } from '../verbs/environments/prepare.ts'
import { common } from './support/common.ts'
import { withLab } from './support/lab.ts'
import { out, outJson, say } from './support/print.ts'
import { type Rights, readOnly, rights } from './support/rights.ts'

interface Flags extends Rights {
  memoryEtc?: boolean
  undo?: boolean
  force?: boolean
}

export const prepare = (be: Command): Command =>
  rights(be.command('prepare <be>'))
    .description('make a boot environment fit for a root on NFS; shows every change first (-n: only that)')
    .option('--memory-etc', 'FreeBSD, read-only: copy /etc into memory at boot (diskless(8))')
    .option('-f, --force', 'even while machines run it that can write to it')
    .addOption(new Option('--undo', 'take that back').conflicts(['memoryEtc', 'ro', 'rw']))
    .action((name: string, flags: Flags, command: Command) =>
      withLab(command, async lab => {
        const { dryRun, json } = common(command)
        const { memoryEtc, undo, force } = flags
        const given = { readOnly: readOnly(flags), memoryEtc, undo, force }
        const show = (changes: TreeChange[]) => {
          if (json) outJson(changes)
          else for (const { what, diff } of changes) out(diff ?? what)
        }
        const done = await prepareEnvironment(lab, { name, ...given, show })
        if (dryRun) return
        const many = done.changes.length
        if (many === 0) say(`${done.name} ${flags.undo ? 'was not prepared' : 'is prepared already'}`)
        else say(`${flags.undo ? 'took back what prepared' : 'prepared'} ${done.name}: ${many} changes`)
      }),
    )
