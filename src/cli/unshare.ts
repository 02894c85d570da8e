import type { Command } from 'commander'
import { BeError } from '../errors/errors.ts'
import { tellDone, withAppliance } from './session.ts'

export const unshare = (be: Command): Command =>
  be
    .command('unshare [be...]')
    .description('take the exports of boot environments back, all or none')
    .option('-a, --all', 'whatever is shared')
    .option('-f, --force', 'even while a machine is between its loader and its kernel')
    .action((names: string[], { all, force }: { all?: boolean; force?: boolean }, command: Command) =>
      withAppliance(command, async appliance => {
        if ((names.length === 0) !== (all === true)) throw whichOnes()
        const shared = all ? appliance.shares.all().map(share => share.be) : names
        const gone = await appliance.unshare(shared, { force })
        tellDone(command, gone, ...gone.map(name => `${name} is no longer shared`))
      }),
    )

const whichOnes = (): BeError =>
  new BeError('BE_USAGE', 'which boot environments?', {
    expected: 'their names, or --all',
    hint: 'see be help unshare',
    exit: 'usage',
  })
