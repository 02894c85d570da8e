import * as v from 'valibot'
import { key, type Section } from '../key.ts'
import { oneOf } from '../values.ts'

/** Settings of the table [log]. */
export const log = {
  'log.format': key(
    'text',
    v.optional(oneOf(['text', 'json']), 'text'),
    'Format of the log on stderr.',
    'text',
  ),
  'log.level': key(
    'text',
    v.optional(oneOf(['debug', 'info', 'warn', 'error']), 'info'),
    'Lowest level of the events that are logged on stderr.',
    'info',
  ),
} as const satisfies Section<'log'>
