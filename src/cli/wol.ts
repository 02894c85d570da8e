import type { Command } from 'commander'
import type { Woken } from '../wol/wol.ts'
import { common, out, say, withAppliance } from './session.ts'

export const wol = (be: Command): Command =>
  be
    .command('wol <machine>')
    .alias('WoL')
    .description('wake a machine, by name or MAC, with a magic packet')
    .option('-p, --password <password>', 'SecureOn password: 6 bytes as 00:11:22:33:44:55, or 4 as 1.2.3.4')
    .action((name: string, { password }: { password?: string }, command: Command) =>
      withAppliance(command, async appliance => {
        const woken = await appliance.wake(name, password)
        if (woken === undefined) return
        if (common(command).json) out(JSON.stringify(woken, null, 2))
        else tellWoken(woken)
      }),
    )

/** Says where magic packets went, and which could not leave. */
export function tellWoken({ mac, from, sent }: Woken): void {
  const where = (failed: boolean) =>
    sent
      .filter(({ error }) => (error !== undefined) === failed)
      .map(({ address, port }) => `${address}:${port}`)
  say(`magic packet for ${mac} sent from ${from} to ${where(false).join(', ')}`)
  for (const { address, port, error } of sent) {
    if (error !== undefined) say(`not sent to ${address}:${port}: ${error}`)
  }
}
