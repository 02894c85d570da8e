import * as v from 'valibot'
import { key, type Section } from '../key.ts'
import { number, port } from '../values.ts'

/** Settings of the table [tftp]. */
export const tftp = {
  'tftp.port': key('number', v.optional(port, 69), 'UDP port of the TFTP server.', '69'),
  'tftp.transfers': key(
    'number',
    v.optional(number(1, 60_000), 2000),
    'Largest number of TFTP transfers at a time; one more ends the oldest whose client has not acknowledged anything, or is not answered, and its client repeats it.',
    '2000',
  ),
  'tftp.perclient': key(
    'number',
    v.optional(number(1, 60_000), 64),
    'Largest number of TFTP transfers at a time for one address, likewise.',
    '64',
  ),
  'tftp.blksize': key(
    'number',
    v.optional(number(512, 65_464), 1468),
    'Largest TFTP block size to agree to, in bytes; 1468 fills an Ethernet frame.',
    '1468',
  ),
  'tftp.window': key(
    'number',
    v.optional(number(1, 65_535), 64),
    'Largest TFTP window to agree to, in blocks.',
    '64',
  ),
  'tftp.cache': key(
    'number',
    v.optional(number(1, 65_536), 64),
    'Memory for files that are being sent by TFTP, in megabytes.',
    '64',
  ),
} as const satisfies Section<'tftp'>
