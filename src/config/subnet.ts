import { Address4 } from 'ip-address'
import { toNumber, toText } from '../net/ipv4.ts'

/** An IPv4 subnet; all addresses dotted. */
export interface Subnet {
  /** This host's address there, or the address that the subnet was given by. */
  address: string
  prefix: number
  netmask: string
  network: string
  broadcast: string
  /** `192.168.2.0/24`. */
  cidr: string
}

/** Parses `192.168.2.1/24`; undefined when it is not the address of a host with a prefix length of 8 to 30. */
export function parseSubnet(text: string): Subnet | undefined {
  const subnet = parseNetwork(text)
  return subnet !== undefined && isHostIn(subnet, subnet.address) ? subnet : undefined
}

/** Parses `192.168.2.0/24`, or any address of it with the prefix length; undefined when that is not 8 to 30. */
export function parseNetwork(text: string): Subnet | undefined {
  if (!Address4.isValid(text) || !/\/\d+$/.test(text)) return undefined
  const parsed = new Address4(text)
  const prefix = parsed.subnetMask
  if (prefix < 8 || prefix > 30) return undefined
  const network = parsed.startAddress().correctForm()
  const broadcast = parsed.endAddress().correctForm()
  const netmask = toText((0xffffffff << (32 - prefix)) >>> 0)
  return { address: parsed.correctForm(), prefix, netmask, network, broadcast, cidr: `${network}/${prefix}` }
}

/** Whether the address is one of a host in the subnet (neither the network nor the broadcast address). */
export function isHostIn(subnet: Subnet, address: string): boolean {
  const value = toNumber(address)
  return value > toNumber(subnet.network) && value < toNumber(subnet.broadcast)
}
