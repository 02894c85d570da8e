import type { Command } from 'commander'
import { withAppliance } from './session.ts'
import { tellWoken } from './wol.ts'

export const bootpxe = (be: Command): Command =>
  be
    .command('bootpxe <be> <machine...>')
    .description('let machines boot a boot environment from now on, and switch them on')
    .action((name: string, machines: string[], _: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        const { woken } = await appliance.bootpxe(name, machines)
        for (const one of woken) tellWoken(one)
      }),
    )
