import type { Command } from 'commander'
import { BeError } from '../errors/errors.ts'
import { bootPxe } from '../verbs/boots/bootpxe.ts'
import { takeBackOnce } from '../verbs/boots/once.ts'
import { withLab } from './support/lab.ts'
import { printDone } from './support/print.ts'
import { sayWoken } from './wol.ts'

interface Flags {
  once?: boolean
  takeBack?: boolean
}

export const bootpxe = (be: Command): Command =>
  be
    .command('bootpxe <be|machine...>')
    .usage('[-t] <be> <machine...>\n       be bootpxe -T <machine...>')
    .description('let machines boot a boot environment from now on, and switch them on')
    .option('-t, --once', 'this once: then, or when it does not come up in time, what they had')
    .option('-T, --take-back', 'take back what they were to boot once')
    .action((words: string[], { once = false, takeBack }: Flags, command: Command) => {
      const [name, ...machines] = words
      if (once && takeBack) throw usage('-t and -T cannot be given together')
      if (!takeBack && machines.length === 0) throw usage('no machine named')
      return withLab(command, async lab => {
        if (takeBack) return takeBackOnce(lab, { machines: words })
        printDone(command, await bootPxe(lab, { name: name!, machines, once, onWoken: sayWoken }))
      })
    })

const usage = (message: string): BeError =>
  new BeError('BE_USAGE', message, {
    expected: 'be bootpxe [-t] BE MACHINE… or be bootpxe -T MACHINE…',
  })
