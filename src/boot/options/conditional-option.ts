import { toNumber } from '../../net/ipv4.ts'
import type { Client } from '../client.ts'
import type { ReplyOption } from '../dhcp.ts'

/** The clients that an option is for; an absent condition holds for all. */
export interface Condition {
  stage?: string
  arch?: string
  /** The beginning of option 60. */
  vendor?: string
  /** A part of option 77. */
  user?: string
  /** A name in lower case, or a MAC in lower case with colons. */
  machine?: string
  subnet?: { network: number; mask: number }
}

/** An item of `dhcp.options`: a DHCP option for the clients for which all conditions hold. */
export interface ConditionalOption {
  when: Condition
  option: ReplyOption
}

/** Whether the option is for this client; `machine` is its name in the inventory. */
export function appliesTo({ when }: ConditionalOption, client: Client, machine: string | undefined): boolean {
  const { stage, arch, vendor, user, machine: wanted, subnet } = when
  return (
    (stage === undefined || stage === client.stage) &&
    (arch === undefined || arch === client.arch) &&
    (vendor === undefined || (client.vendorClass ?? '').startsWith(vendor)) &&
    (user === undefined || (client.userClass?.includes(user) ?? false)) &&
    (wanted === undefined || wanted === machine?.toLowerCase() || wanted === client.mac) &&
    (subnet === undefined || (client.ip !== undefined && isIn(subnet, client.ip)))
  )
}

const isIn = ({ network, mask }: { network: number; mask: number }, ip: string): boolean =>
  (toNumber(ip) & mask) >>> 0 === network
