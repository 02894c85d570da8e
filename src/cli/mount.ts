import type { Command } from 'commander'
import { mountAllShared, mountEnvironment, umountEnvironment } from '../verbs/environments/environments.ts'
import { common, out, say, withAppliance } from './session.ts'

export const mount = (be: Command): Command =>
  be
    .command('mount [be]')
    .description('mount a boot environment and what is nested in it; prints where it is')
    .option('-a, --all', 'all that are shared, as after a start of this host')
    .action((name: string | undefined, { all }: { all?: boolean }, command: Command) =>
      withAppliance(command, async appliance => {
        if ((name === undefined) !== (all === true)) command.error('expected a boot environment, or -a')
        if (name === undefined) return mountAllShared(appliance)
        const { note, ...at } = await mountEnvironment(appliance, name)
        say(note)
        const { dryRun, json } = common(command)
        if (!dryRun) out(json ? JSON.stringify(at, null, 2) : at.path)
      }),
    )

export const umount = (be: Command): Command =>
  be
    .command('umount <be>')
    .alias('unmount')
    .description('unmount a boot environment')
    .option('-f, --force', 'unshare it first')
    .action((name: string, { force = false }: { force?: boolean }, command: Command) =>
      withAppliance(command, async appliance => say((await umountEnvironment(appliance, name, force)).note)),
    )
