import type { Command } from 'commander'
import { type Rights, readOnly, rights } from './rights.ts'
import { common, out, say, withAppliance } from './session.ts'

export const sharenfs = (be: Command): Command =>
  rights(be.command('sharenfs <be...>'))
    .description(
      'export boot environments by NFS, all or none; done when mountd hands out their file handles',
    )
    .option('-f, --force', 'even while a machine is between its loader and its kernel')
    .action((names: string[], given: Rights & { force?: boolean }, command: Command) =>
      withAppliance(command, async appliance => {
        const roots = await appliance.shareAll(names, { readOnly: readOnly(given), force: given.force })
        if (roots === undefined) return
        if (common(command).json) {
          const shown = roots.map(root => ({ ...root, handle: root.handle.toString('hex') }))
          return out(JSON.stringify(shown.length === 1 ? shown[0] : shown, null, 2))
        }
        for (const { server, path, handle, udp } of roots) {
          say(`shared ${server}:${path}, handle of ${handle.length} bytes${udp ? '' : ', TCP only'}`)
        }
      }),
    )
