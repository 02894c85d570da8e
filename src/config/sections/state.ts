import * as v from 'valibot'
import { key, type Section } from '../key.ts'
import { path } from '../values.ts'

/** Settings of the table [state]. */
export const state = {
  'state.dir': key(
    'text',
    v.optional(path),
    'Directory for machines, assignments, leases and the session log.',
    '/var/db/nbe',
  ),
} as const satisfies Section<'state'>
