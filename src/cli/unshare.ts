import type { Command } from 'commander'
import { BeError } from '../errors/errors.ts'
import { unshareEnvironments } from '../verbs/shares/unshare.ts'
import { withLab } from './support/lab.ts'
import { printDone } from './support/print.ts'

export const unshare = (be: Command): Command =>
  be
    .command('unshare [be...]')
    .description('take the exports of boot environments back, all or none')
    .option('-a, --all', 'whatever is shared')
    .option('-f, --force', 'even while machines run them, or load their kernel from them')
    .action((names: string[], { all, force }: { all?: boolean; force?: boolean }, command: Command) =>
      withLab(command, async lab => {
        if ((names.length === 0) !== (all === true)) throw whichOnes()
        const unshared = await unshareEnvironments(lab, { force, ...(!all && { names }) })
        printDone(command, unshared, ...unshared.map(name => `${name} is no longer shared`))
      }),
    )

const whichOnes = (): BeError =>
  new BeError('BE_USAGE', 'which boot environments?', {
    expected: 'their names, or --all',
    hint: 'see be help unshare',
  })
