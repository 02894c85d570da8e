import type { Command } from 'commander'
import { bootNfs } from '../verbs/vms/bootnfs.ts'
import { attach } from './console.ts'
import { withLab } from './support/lab.ts'

export const bootnfs = (be: Command): Command =>
  be
    .command('bootnfs <be> [machine]')
    .description('start a bhyve machine whose kernel bhyveload takes from the boot environment, root on NFS')
    .option('-a, --attach', 'attach to its console')
    .action((name: string, machine: string | undefined, flags: { attach?: boolean }, command: Command) =>
      withLab(command, async lab => {
        const started = await bootNfs(lab, { name, machine })
        if (flags.attach && !lab.dryRun) await attach(lab, started)
      }),
    )
