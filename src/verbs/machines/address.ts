import { isHostIn } from '../../config/subnet.ts'
import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { isAddress } from '../../net/ipv4.ts'

/** Throws BE_MACHINE_IP for an address outside the subnets, and for those of this host and of a router. */
export function checkMachineAddress({ subnets }: Pick<Lab, 'subnets'>, ip: string): void {
  const all = [subnets.lab, ...subnets.others]
  const isIp = isAddress(ip)
  const taken = isIp && (subnets.addresses.includes(ip) || ip === subnets.factsFor(ip).router)
  if (isIp && !taken && all.some(subnet => isHostIn(subnet, ip))) return
  throw new BeError('BE_MACHINE_IP', `${ip} cannot be a machine's address`, {
    expected: `a free address in ${all.map(({ cidr }) => cidr).join(' or ')}${taken ? ": this one is the server's or the router's" : ''}`,
  })
}
