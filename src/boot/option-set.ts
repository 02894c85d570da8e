import type { Client } from './client.ts'

/** Whom an option of the administrator's is for; what is absent does not matter. */
export interface Condition {
  stage?: string
  arch?: string
  /** How option 60 begins. */
  vendor?: string
  /** A part of option 77. */
  user?: string
  /** A name, or a MAC in lower case with colons. */
  machine?: string
  subnet?: { network: number; mask: number }
}

/** One DHCP option that the administrator gives to a class of clients. */
export interface OptionSet {
  when: Condition
  option: [code: number, value: Buffer]
}

/** Whether the option is for this client, which the inventory calls `machine`. */
export function isFor({ when }: OptionSet, client: Client, machine: string | undefined): boolean {
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

function isIn({ network, mask }: { network: number; mask: number }, ip: string): boolean {
  const address = ip.split('.').reduce((sum, octet) => sum * 256 + Number(octet), 0)
  return (address & mask) >>> 0 === network
}
