import * as v from 'valibot'
import { parseConditionalOption } from '../conditional-options.ts'
import { key, type Section } from '../key.ts'
import { isSubnetText, SUBNET_FORM } from '../subnet-item.ts'
import { boolean, number, oneOf, port, text } from '../values.ts'

/** Settings of the table [dhcp]. */
export const dhcp = {
  'dhcp.mode': key(
    'text',
    v.optional(oneOf(['proxy', 'authority', 'off']), 'proxy'),
    "authority: be serve is the lab's DHCP server; proxy: another one is, and be serve only tells clients what to boot; off: no DHCP.",
    'proxy',
  ),
  'dhcp.authoritative': key(
    'boolean',
    v.optional(boolean, false),
    'In the mode authority, start even if another DHCP server answers.',
    'false',
  ),
  'dhcp.probe': key(
    'boolean',
    v.optional(boolean, false),
    'Check whether a host already uses an address that was just offered; replies are not delayed by it.',
    'false',
  ),
  'dhcp.port': key(
    'number',
    v.optional(port, 67),
    'UDP port of the DHCP server; clients use the next port.',
    '67',
  ),
  'dhcp.route': key(
    'boolean',
    v.optional(boolean, false),
    "On FreeBSD, where broadcasts leave by the default route: send them to the lab's interface by a host route, which be serve adds when it starts and deletes when it ends.",
    'false',
  ),
  'dhcp.lease': key(
    'number',
    v.optional(number(60, 31_536_000), 604_800),
    'Duration of a lease, in seconds. Longer than any machine runs: a kernel with its root on NFS never renews its lease.',
    '604800',
  ),
  'dhcp.subnets': key(
    'lines',
    v.optional(v.array(text(SUBNET_FORM, isSubnetText)), []),
    "Further subnets to serve: behind a relay agent, or on another interface of this host, with address= (this host's address there). DHCP requests of other networks are not answered, nor those through a relay agent whose address is in none of them: name its network too, without a pool.",
    '10.1.0.0/24 router=10.1.0.1 pool=10.1.0.100-10.1.0.199',
  ),
  'dhcp.options': key(
    'lines',
    v.optional(
      v.array(
        v.pipe(
          v.string('text'),
          v.check(
            item => typeof parseConditionalOption(item) !== 'string',
            ({ input }) => String(parseConditionalOption(input)),
          ),
        ),
      ),
      [],
    ),
    'DHCP options for some clients: conditions (stage, arch, vendor, user, machine, subnet), then the option. The last one that applies is sent; options that a boot needs are not overridden.',
    'stage=os ntp-servers=192.168.2.1',
  ),
} as const satisfies Section<'dhcp'>
