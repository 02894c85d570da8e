import type { Command } from 'commander'
import { common, out, say, withAppliance } from './session.ts'

export const sharenfs = (be: Command): Command =>
  be
    .command('sharenfs <be>')
    .description('export a boot environment by NFS; done when mountd hands out its file handle')
    .option('--ro', 'read-only')
    .option('--rw', 'writable')
    .action((name: string, { ro, rw }: { ro?: boolean; rw?: boolean }, command: Command) =>
      withAppliance(command, async appliance => {
        const { json } = common(command)
        const shared = await appliance.share(name, ro ? true : rw ? false : undefined)
        if (shared === undefined) return
        if (json) return out(JSON.stringify({ ...shared, handle: shared.handle.toString('hex') }, null, 2))
        const { server, path, handle, udp } = shared
        say(`shared ${server}:${path}, handle of ${handle.length} bytes${udp ? '' : ', TCP only'}`)
      }),
    )
