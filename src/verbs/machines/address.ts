import { isAddress, isHostIn } from '../../config/subnet.ts'
import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'

/** An address outside the lab, or the server's own, would be a machine that can never boot. Throws BE_MACHINE_IP. */
export function checkMachineAddress(rooms: Lab, ip: string): void {
  const nets = [rooms.subnet, ...rooms.otherSubnets]
  const read = isAddress(ip)
  const taken = read && (rooms.addresses.includes(ip) || ip === rooms.labFacts(ip).router)
  if (read && !taken && nets.some(net => isHostIn(net, ip))) return
  throw new BeError('BE_MACHINE_IP', `${ip} cannot be a machine's address`, {
    expected: `a free address in ${nets.map(({ cidr }) => cidr).join(' or ')}${taken ? ": this one is the server's or the router's" : ''}`,
    exit: 'usage',
  })
}
