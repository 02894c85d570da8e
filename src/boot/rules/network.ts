import { addressBytes } from '../options/address-bytes.ts'
import type { Rule } from './rule.ts'

/**
 * The network configuration that a DHCP server gives any client. FreeBSD's loader gets only the options that it
 * reads, since the space in its reply is small.
 */
export const network: Rule = {
  name: 'network',
  apply({ client, mode, lab, machine }, draft) {
    if (mode === 'proxy') return
    draft.setOption(1, addressBytes(lab.netmask))
    if (lab.router !== undefined) draft.setOption(3, addressBytes(lab.router))
    if (machine !== undefined) draft.setOption(12, machine.host ?? machine.name)
    if (client.stage === 'loader') return
    if (lab.dns.length > 0) draft.setOption(6, Buffer.concat(lab.dns.map(addressBytes)))
    if (lab.domain !== undefined) draft.setOption(15, lab.domain)
    draft.setOption(28, addressBytes(lab.broadcast))
  },
}
