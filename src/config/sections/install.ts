import * as v from 'valibot'
import { key, type Section } from '../key.ts'
import { number, text } from '../values.ts'

/** Settings of the table [install]. */
export const install = {
  'install.mirror': key(
    'text',
    v.optional(
      text('an absolute path, or an http or https URL', value => /^(\/|https?:\/\/)/i.test(value)),
      'https://download.freebsd.org',
    ),
    'Where be install finds FreeBSD releases: a directory or a URL.',
    'https://download.freebsd.org',
  ),
  'install.cache': key(
    'number',
    v.optional(number(0, 1_000_000), 4096),
    'Downloaded files to keep for the next be install, in megabytes; they are in the state directory.',
    '4096',
  ),
} as const satisfies Section<'install'>
