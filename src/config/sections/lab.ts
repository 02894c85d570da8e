import * as v from 'valibot'
import { isAddress } from '../../net/ipv4.ts'
import { key, type Section } from '../key.ts'
import { parseSubnet } from '../subnet.ts'
import { address, text } from '../values.ts'

/** Settings of the table [lab]. */
export const lab = {
  'lab.interface': key(
    'text',
    v.optional(text('an interface name', value => /^[A-Za-z0-9_.:-]{1,32}$/.test(value))),
    'Network interface to the lab; its first IPv4 address is used.',
    'em0',
  ),
  'lab.address': key(
    'text',
    v.optional(
      text("this host's address with prefix, as 192.168.2.1/24", value => parseSubnet(value) !== undefined),
    ),
    "This host's IPv4 address in the lab, with prefix length; machines boot from it.",
    '192.168.2.1/24',
  ),
  'lab.pool': key(
    'text',
    v.optional(
      text('first and last address, as 192.168.2.100-192.168.2.199', value => {
        const ends = value.split('-')
        return ends.length === 2 && ends.every(isAddress)
      }),
    ),
    'First and last address for machines without a fixed one; if not set, only machines with a fixed address are served.',
    '192.168.2.100-192.168.2.199',
  ),
  'lab.router': key('text', v.optional(address), 'Default gateway of the machines.', '192.168.2.1'),
  'lab.dns': key('list', v.optional(v.array(address), []), 'Name servers of the machines.', '192.168.2.1'),
  'lab.domain': key(
    'text',
    v.optional(text('a domain name', value => /^[A-Za-z0-9.-]{1,100}$/.test(value))),
    'Domain name of the machines.',
    'lab.example.org',
  ),
} as const satisfies Section<'lab'>
