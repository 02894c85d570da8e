import { BeError } from '../../errors/errors.ts'
import type { Draft } from '../draft.ts'
import { spaceNeeded } from '../options/option-space.ts'
import type { Rule } from './rule.ts'

/** The options must fit into the reply: a client would cut off the rest and boot wrongly. Throws BE_REPLY_TOO_LONG. */
export const fits: Rule = {
  name: 'fits',
  apply({ client }, { options }) {
    const bytes = spaceNeeded(client, options)
    if (bytes <= client.optionSpace) return
    throw new BeError(
      'BE_REPLY_TOO_LONG',
      `the reply needs ${bytes} bytes of options (${largest(options)})`,
      {
        expected: `at most ${client.optionSpace}, which is all that this client takes`,
        hint: 'shorten boot.loader, the path or name of the boot environment, or the host name; or set boot.handoff = "nfs"',
      },
    )
  },
}

/** The three largest options with their sizes in bytes. */
const largest = (options: Draft['options']): string =>
  options
    .map(([code, value]) => ({ code, size: value.length + 2 }))
    .sort((a, b) => b.size - a.size)
    .slice(0, 3)
    .map(({ code, size }) => `option ${code} ${size}`)
    .join(', ')
