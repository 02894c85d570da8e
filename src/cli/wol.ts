import type { Command } from 'commander'
import { sentTo, wakeMachine } from '../verbs/machines/wake.ts'
import { awaitWakeAnswer } from '../verbs/machines/wake-answer.ts'
import type { WakeRecord } from '../wol/wol.ts'
import { common } from './support/common.ts'
import { withLab } from './support/lab.ts'
import { seconds } from './support/numbers.ts'
import { outJson, say, warn } from './support/print.ts'

interface Flags {
  password?: string
  wait?: number
}

export const wol = (be: Command): Command =>
  be
    .command('wol <machine>')
    .alias('WoL')
    .description('wake a machine, by name or MAC, with a magic packet')
    .option('-p, --password <password>', 'SecureOn password: 6 bytes as 00:11:22:33:44:55, or 4 as 1.2.3.4')
    .option('-w, --wait <seconds>', 'wait for a packet from it; exit 75 when none comes', seconds(0))
    .action((machine: string, { password, wait }: Flags, command: Command) =>
      withLab(command, async lab => {
        const since = lab.clock.now()
        const record = await wakeMachine(lab, { machine, password })
        if (record === undefined) return
        const { json } = common(command)
        if (!json) sayWoken(record)
        const answered =
          wait === undefined ? undefined : await awaitWakeAnswer(lab, { record, since, seconds: wait })
        if (json) outJson({ ...record, ...(answered && { answered }) })
        else if (answered !== undefined) {
          say(`${answered.machine} ${answered.words} after ${answered.seconds.toFixed(1)} s`)
        }
      }),
    )

/** Prints where magic packets were sent, and which could not be sent. */
export function sayWoken(record: WakeRecord): void {
  say(`magic packet for ${record.mac} sent from ${record.from} to ${sentTo(record).join(', ')}`)
  for (const { address, port, error } of record.sent) {
    if (error !== undefined) warn(`not sent to ${address}:${port}: ${error}`)
  }
}
