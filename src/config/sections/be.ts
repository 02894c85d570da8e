import * as v from 'valibot'
import { key, type Section } from '../key.ts'
import { oneOf, path, text } from '../values.ts'

/** Settings of the table [be]. */
export const be = {
  'be.store': key(
    'text',
    v.optional(oneOf(['directory', 'zfs']), 'directory'),
    'How boot environments are stored. directory: as directories in be.root; zfs: as data sets below be.parent, mounted below be.root.',
    'directory',
  ),
  'be.root': key(
    'text',
    v.optional(path, '/ROOT'),
    'Directory that contains the boot environments. It is made with mode 0700, so that their setuid programs are none for the users of this host; with 0750 for state.group.',
    '/ROOT',
  ),
  'be.parent': key(
    'text',
    v.optional(text('a data set, as zroot/ROOT', value => /^[\w.:-]+(\/[\w.:-]+)*$/.test(value))),
    'Data set that contains the boot environments. It is also the prefix that names may be written with (bd/be/test is test); any prefix if not set.',
    'bd/be',
  ),
} as const satisfies Section<'be'>
