import type { Command } from 'commander'
import { common, out, table, withAppliance } from './session.ts'

export const list = (be: Command): Command =>
  be
    .command('list')
    .alias('ls')
    .description('boot environments: what they are, what they boot with, who boots them')
    .action((_: unknown, command: Command) =>
      withAppliance(command, async appliance => {
        const { json, scripted } = common(command)
        const all = await appliance.list()
        if (json) return out(JSON.stringify(all, null, 2))
        const rows = all.map(({ name, kind, arch, release, boots, shared, uses, path, installing }) => [
          name,
          installing ? 'installing' : kind,
          arch ?? '-',
          release ?? '-',
          Object.keys(boots).join(',') || '-',
          shared ?? '-',
          uses.join(', ') || '-',
          path,
        ])
        out(table(rows, ['BE', 'KIND', 'ARCH', 'RELEASE', 'BOOTS', 'SHARED', 'USED', 'PATH'], scripted))
      }),
    )
