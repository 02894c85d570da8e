import * as v from 'valibot'
import { key, type Section } from '../key.ts'
import { path, text } from '../values.ts'

/** Settings of the table [state]. */
export const state = {
  'state.dir': key(
    'text',
    v.optional(path),
    'Directory for machines, assignments, leases and the session log.',
    '/var/db/nbe',
  ),
  'state.group': key(
    'text',
    v.optional(text('the name or the number of a group', value => /^\w[\w.-]{0,63}$/.test(value))),
    'The group whose members may read machines, boots and the session log, and list and check boot environments. They see Wake-on-LAN passwords, and can run setuid programs of the boot environments: nobody who is root in one should be a member.',
    'operator',
  ),
} as const satisfies Section<'state'>
