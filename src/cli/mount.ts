import type { Command } from 'commander'
import { out, say, withAppliance } from './session.ts'

export const mount = (be: Command): Command =>
  be
    .command('mount <be>')
    .description('mount a boot environment; prints where it is')
    .action((name: string, _: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        const { path, note } = await appliance.mount(name)
        say(note)
        out(path)
      }),
    )

export const umount = (be: Command): Command =>
  be
    .command('umount <be>')
    .alias('unmount')
    .description('unmount a boot environment')
    .action((name: string, _: unknown, command: Command) =>
      withAppliance(command, async appliance => say((await appliance.umount(name)).note)),
    )
