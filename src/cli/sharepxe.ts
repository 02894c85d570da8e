import type { Command } from 'commander'
import { common, say, withAppliance } from './session.ts'

export const sharepxe = (be: Command): Command =>
  be
    .command('sharepxe <be> [machine...]')
    .description(
      'share a boot environment and let these machines boot it; without one: all that have no other',
    )
    .option('--ro', 'read-only')
    .option('--rw', 'writable')
    .action(
      (name: string, machines: string[], { ro, rw }: { ro?: boolean; rw?: boolean }, command: Command) =>
        withAppliance(command, async appliance => {
          const { be: plain } = await appliance.sharepxe(name, machines, ro ? true : rw ? false : undefined)
          if (common(command).dryRun) return
          say(machines.length === 0 ? `${plain} is the default` : `${machines.join(', ')} will boot ${plain}`)
        }),
    )
