import type { Command } from 'commander'
import { shareEnvironments } from '../verbs/shares/share.ts'
import { common } from './support/common.ts'
import { withLab } from './support/lab.ts'
import { outJson, say } from './support/print.ts'
import { type Rights, readOnly, rights } from './support/rights.ts'

export const sharenfs = (be: Command): Command =>
  rights(be.command('sharenfs <be...>'))
    .description(
      'export boot environments by NFS, all or none; done when mountd hands out their file handles',
    )
    .option('-f, --force', 'even while a machine is between its loader and its kernel')
    .action((names: string[], flags: Rights & { force?: boolean }, command: Command) =>
      withLab(command, async lab => {
        const input = { names, readOnly: readOnly(flags), force: flags.force }
        const roots = await shareEnvironments(lab, input)
        if (roots === undefined) return
        if (common(command).json) {
          const shown = roots.map(root => ({ ...root, handle: root.handle.toString('hex') }))
          return outJson(shown.length === 1 ? shown[0] : shown)
        }
        for (const { server, path, handle, udp } of roots) {
          say(`shared ${server}:${path}, handle of ${handle.length} bytes${udp ? '' : ', TCP only'}`)
        }
      }),
    )
