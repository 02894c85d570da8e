import * as v from 'valibot'
import { key, type Section } from '../key.ts'
import { path } from '../values.ts'

/** Settings of the table [pxe]. */
export const pxe = {
  'pxe.dir': key(
    'text',
    v.optional(path),
    'Directory of your own boot files, which take precedence over those of the package.',
    '/usr/local/etc/nbe/pxe',
  ),
} as const satisfies Section<'pxe'>
