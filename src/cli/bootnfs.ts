import type { Command } from 'commander'
import { parseBeName } from '../be/name.ts'
import { machineOfBe, startMachine } from '../verbs/vms/vms.ts'
import { attach } from './console.ts'
import { common, withAppliance } from './session.ts'

export const bootnfs = (be: Command): Command =>
  be
    .command('bootnfs <be> [machine]')
    .description('start a bhyve machine whose kernel bhyveload takes from the boot environment, root on NFS')
    .option('-a, --attach', 'attach to its console')
    .action((text: string, name: string | undefined, options: { attach?: boolean }, command: Command) =>
      withAppliance(command, async appliance => {
        const wanted = parseBeName(text, appliance.settings['be.parent'])
        await appliance.store.get(wanted)
        const machine = machineOfBe(appliance, wanted, name)
        await startMachine(appliance, machine, { launch: 'bhyveload', be: wanted })
        if (options.attach && !common(command).dryRun) await attach(appliance, machine.name)
      }),
    )
