import * as v from 'valibot'
import { key, type Section } from '../key.ts'
import { number, oneOf, text, variable } from '../values.ts'

/** Settings of the table [boot]. */
export const boot = {
  'boot.handoff': key(
    'text',
    v.optional(oneOf(['auto', 'nfs', 'tftp', 'http', 'arguments']), 'auto'),
    "How FreeBSD's loader hands the root file system over to the kernel; auto chooses what client and NFS host allow.",
    'auto',
  ),
  'boot.loader': key(
    'list',
    v.optional(v.array(variable), []),
    'Loader variables for every FreeBSD machine, as name=value.',
    'console=comconsole',
  ),
  'boot.cmdline': key(
    'text',
    v.optional(
      text('one line of printable ASCII characters', value => /^[\x20-\x7e]*$/.test(value)),
      '',
    ),
    'Added to the kernel command line of every Linux machine.',
    'console=ttyS0',
  ),
  'boot.once': key(
    'number',
    v.optional(number(10, 86_400), 600),
    'Time within which a machine has to come up in a boot environment that it boots once (bootpxe -t), in seconds from its first request.',
    '600',
  ),
  'boot.heartbeat': key(
    'number',
    v.optional(number(0, 3600), 30),
    'Interval in which a system with the script of be prepare reports that it still runs, in seconds; after three without a report it is said to be silent. 0: none.',
    '30',
  ),
} as const satisfies Section<'boot'>
