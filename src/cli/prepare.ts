import { type Command, Option } from 'commander'
import { prepare as prepareBe, type TreeChange } from '../verbs/environments/prepare.ts'
import { type Rights, readOnly, rights } from './rights.ts'
import { common, out, say, withAppliance } from './session.ts'

interface Given extends Rights {
  memoryEtc?: boolean
  undo?: boolean
}

export const prepare = (be: Command): Command =>
  rights(be.command('prepare <be>'))
    .description('make a boot environment fit for a root on NFS; shows every change first (-n: only that)')
    .option('--memory-etc', 'FreeBSD, read-only: copy /etc into memory at boot (diskless(8))')
    .addOption(new Option('--undo', 'take that back').conflicts(['memoryEtc', 'ro', 'rw']))
    .action((name: string, given: Given, command: Command) =>
      withAppliance(command, async appliance => {
        const { dryRun, json } = common(command)
        const request = { readOnly: readOnly(given), memoryEtc: given.memoryEtc, undo: given.undo }
        const show = (changes: TreeChange[]) => {
          if (json) out(JSON.stringify(changes, null, 2))
          else for (const { what, diff } of changes) out(diff ?? what)
        }
        const done = await prepareBe(appliance, name, request, show)
        if (dryRun) return
        const many = done.changes.length
        if (many === 0) say(`${done.name} ${given.undo ? 'was not prepared' : 'is prepared already'}`)
        else say(`${given.undo ? 'took back what prepared' : 'prepared'} ${done.name}: ${many} changes`)
      }),
    )
