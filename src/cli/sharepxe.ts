import type { Command } from 'commander'
import { type Rights, readOnly, rights } from './rights.ts'
import { withAppliance } from './session.ts'

export const sharepxe = (be: Command): Command =>
  rights(be.command('sharepxe <be> [machine...]'))
    .description(
      'share a boot environment and let these machines boot it; without one: all that have no other',
    )
    .action((name: string, machines: string[], given: Rights, command: Command) =>
      withAppliance(command, async appliance => {
        await appliance.sharepxe(name, machines, readOnly(given))
      }),
    )
