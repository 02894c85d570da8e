import type { Command } from 'commander'
import { mountAllShared, mountEnvironment } from '../verbs/environments/mount.ts'
import { common } from './support/common.ts'
import { withLab } from './support/lab.ts'
import { out, outJson, say } from './support/print.ts'

export const mount = (be: Command): Command =>
  be
    .command('mount [be]')
    .description('mount a boot environment and what is nested in it; prints where it is')
    .option('-a, --all', 'all that are shared, as after a start of this host')
    .action((name: string | undefined, { all }: { all?: boolean }, command: Command) =>
      withLab(command, async lab => {
        if ((name === undefined) !== (all === true)) command.error('expected a boot environment, or -a')
        if (name === undefined) return mountAllShared(lab)
        const { note, ...mounted } = await mountEnvironment(lab, { name })
        say(note)
        const { dryRun, json } = common(command)
        if (dryRun) return
        if (json) outJson(mounted)
        else out(mounted.path)
      }),
    )
