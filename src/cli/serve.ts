import type { Command } from 'commander'
import { effectiveText } from '../appliance/effective.ts'
import { Service } from '../appliance/service.ts'
import { inBatches } from '../session/batch.ts'
import { format } from '../session/format.ts'
import { type SessionRecord, serialize } from '../session/record.ts'
import { out, say, settingsOf, withAppliance } from './session.ts'

export const serve = (be: Command): Command =>
  be
    .command('serve')
    .description('answer DHCP, TFTP and HTTP until told to stop (SIGTERM, SIGINT)')
    .option('-t, --test', 'check the configuration, print what it comes to, and exit')
    .action(async ({ test }: { test?: boolean }, command: Command) => {
      if (test) return out(effectiveText(await settingsOf(command)))
      await withAppliance(command, async appliance => {
        const json = appliance.settings['log.format'] === 'json'
        const write = inBatches(text => process.stderr.write(text))
        const print = (record: SessionRecord) => write(json ? serialize(record) : `${format(record)}\n`)
        const service = new Service(appliance, print)
        const stopped = new Promise<string>(resolve => {
          for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
        })
        await service.start()
        say(service.banner())
        say(`${await stopped}: finishing transfers`)
        await service.stop()
      })
    })
