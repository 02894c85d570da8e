import type { Command } from 'commander'
import { awaitService } from '../lab/await-service.ts'
import { checkConfig } from '../serve/config-check.ts'
import { effectiveText } from '../serve/config-text.ts'
import { MemoryRelease } from '../serve/memory.ts'
import { Service } from '../serve/service.ts'
import { inBatches } from '../session/batch.ts'
import { format } from '../session/format.ts'
import { type SessionRecord, serialize } from '../session/record.ts'
import { common } from './support/common.ts'
import { settingsOf, withLab } from './support/lab.ts'
import { seconds } from './support/numbers.ts'
import { out, say } from './support/print.ts'

export const serve = (be: Command): Command =>
  be
    .command('serve')
    .description(
      'answer DHCP, TFTP and HTTP until told to stop (SIGTERM, SIGINT); SIGHUP: read be.toml again',
    )
    .option(
      '-w, --wait <seconds>',
      'wait until the service that runs answers; exit 75 when it does not in time',
      seconds(0),
    )
    .option('-t, --test', 'check the configuration and vmtab, print what it comes to, and exit')
    .action(async ({ test, wait }: { test?: boolean; wait?: number }, command: Command) => {
      await withLab(command, async lab => {
        if (test || common(command).dryRun) {
          await checkConfig(lab)
          return out(effectiveText(lab.effective))
        }
        if (wait !== undefined) return awaitService(lab, wait)
        const { settings } = lab
        const line = (record: SessionRecord) =>
          settings['log.format'] === 'json' ? serialize(record) : `${format(record)}\n`
        const print = inBatches(line, text => process.stderr.write(text))
        const service = new Service(lab, print)
        const signal = endSignal(() => service.reload(() => settingsOf(command)))
        await service.start()
        new MemoryRelease().start()
        say(service.banner())
        say(`${await signal}: finishing transfers`)
        await service.stop()
      })
    })

/** Resolves with the first SIGTERM or SIGINT; a second one then has its default action: it kills the process. */
function endSignal(onHangup: () => void): Promise<string> {
  process.on('SIGHUP', onHangup)
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve(signal))
  })
}
