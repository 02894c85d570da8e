import * as v from 'valibot'
import { key, type Section } from '../key.ts'
import { path } from '../values.ts'

/** Settings of the table [exports]. */
export const exports = {
  'exports.dir': key(
    'text',
    v.optional(path),
    'Directory for the exports file of each shared boot environment.',
    '/var/db/nbe/exports.d',
  ),
} as const satisfies Section<'exports'>
