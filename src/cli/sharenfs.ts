import type { Command } from 'commander'
import { type Rights, readOnly, rights } from './rights.ts'
import { common, out, say, withAppliance } from './session.ts'

export const sharenfs = (be: Command): Command =>
  rights(be.command('sharenfs <be>'))
    .description('export a boot environment by NFS; done when mountd hands out its file handle')
    .action((name: string, given: Rights, command: Command) =>
      withAppliance(command, async appliance => {
        const shared = await appliance.share(name, readOnly(given))
        if (shared === undefined) return
        const { server, path, handle, udp } = shared
        if (common(command).json) {
          return out(JSON.stringify({ ...shared, handle: handle.toString('hex') }, null, 2))
        }
        say(`shared ${server}:${path}, handle of ${handle.length} bytes${udp ? '' : ', TCP only'}`)
      }),
    )
