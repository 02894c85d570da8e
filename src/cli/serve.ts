import type { Command } from 'commander'
import { effectiveText } from '../serve/config-text.ts'
import { Service } from '../serve/service.ts'
import { inBatches } from '../session/batch.ts'
import { format } from '../session/format.ts'
import { type SessionRecord, serialize } from '../session/record.ts'
import { common, out, say, settingsOf, withAppliance } from './session.ts'

export const serve = (be: Command): Command =>
  be
    .command('serve')
    .description(
      'answer DHCP, TFTP and HTTP until told to stop (SIGTERM, SIGINT); SIGHUP: read be.toml again',
    )
    .option('-t, --test', 'check the configuration, print what it comes to, and exit')
    .action(async ({ test }: { test?: boolean }, command: Command) => {
      if (test || common(command).dryRun) return out(effectiveText(await settingsOf(command)))
      await withAppliance(command, async appliance => {
        const { settings } = appliance
        const line = (record: SessionRecord) =>
          settings['log.format'] === 'json' ? serialize(record) : `${format(record)}\n`
        const service = new Service(
          appliance,
          inBatches(line, text => process.stderr.write(text)),
        )
        const told = signals(() => service.reload(() => settingsOf(command)))
        await service.start()
        say(service.banner())
        say(`${await told}: finishing transfers`)
        await service.stop()
      })
    })

/** Resolves with the signal that ends the service; a second one ends it at once. */
function signals(onHangup: () => void): Promise<string> {
  process.on('SIGHUP', onHangup)
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })
}
