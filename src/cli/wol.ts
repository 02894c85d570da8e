import type { Command } from 'commander'
import { awaitAnswer } from '../verbs/machines/woken.ts'
import type { WakeRecord } from '../wol/wol.ts'
import { seconds } from './number.ts'
import { common, out, say, withAppliance } from './session.ts'

export const wol = (be: Command): Command =>
  be
    .command('wol <machine>')
    .alias('WoL')
    .description('wake a machine, by name or MAC, with a magic packet')
    .option('-p, --password <password>', 'SecureOn password: 6 bytes as 00:11:22:33:44:55, or 4 as 1.2.3.4')
    .option('-w, --wait <seconds>', 'wait for a packet from it; exit 75 when none comes', seconds(0))
    .action((name: string, { password, wait }: { password?: string; wait?: number }, command: Command) =>
      withAppliance(command, async appliance => {
        const since = appliance.clock.now()
        const woken = await appliance.wake(name, password)
        if (woken === undefined) return
        const { json } = common(command)
        if (!json) tellWoken(woken)
        const answered = wait === undefined ? undefined : await awaitAnswer(appliance, woken, since, wait)
        if (json) out(JSON.stringify({ ...woken, ...(answered && { answered }) }, null, 2))
        else if (answered !== undefined) {
          say(`${answered.machine} ${answered.words} after ${answered.seconds.toFixed(1)} s`)
        }
      }),
    )

/** Says where magic packets went, and which could not leave. */
export function tellWoken({ mac, from, sent }: WakeRecord): void {
  const where = (failed: boolean) =>
    sent
      .filter(({ error }) => (error !== undefined) === failed)
      .map(({ address, port }) => `${address}:${port}`)
  say(`magic packet for ${mac} sent from ${from} to ${where(false).join(', ')}`)
  for (const { address, port, error } of sent) {
    if (error !== undefined) say(`not sent to ${address}:${port}: ${error}`)
  }
}
