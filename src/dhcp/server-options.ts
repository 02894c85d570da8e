import type { DhcpReply, DhcpRequestFields } from '../boot/dhcp.ts'
import type { Clock, Network } from '../net/net.ts'
import type { Emit } from '../session/event.ts'
import type { LeaseDatabase } from './leases/database.ts'

/** A network with DHCP clients; addresses dotted. */
export interface DhcpNetwork {
  /** Any address of the network. */
  address: string
  netmask: string
  /** Given to machines without a reservation; absent: only machines with one are served. */
  pool?: readonly [first: string, last: string] | undefined
  /** Never given to a machine; option 3 of a client whose plan failed. */
  router?: string | undefined
}

/** The network that the server is on. */
export interface DhcpLab extends DhcpNetwork {
  /** This host's address there: source of all replies, option 54. */
  address: string
  leaseSeconds: number
  /** Networks behind relay agents, which must not overlap. */
  relayed?: readonly DhcpNetwork[] | undefined
}

export interface DhcpServerOptions {
  network: Network
  clock: Clock
  emit: Emit
  lab: DhcpLab
  /** `authority` gives addresses; `proxy` only adds boot answers beside the LAN's own server. */
  mode: 'authority' | 'proxy'
  /** As the authority: `start` rejects when there is another DHCP server on the segment. */
  refuseOtherServer?: boolean
  /** As the authority: after a new offer, find out whether a host uses the address already. */
  probe?: boolean
  /** 67 if absent; clients listen on the next port. */
  port?: number
  /** Proxy mode: the PXE boot server port, 4011 if absent. */
  proxyPort?: number
  leases: LeaseDatabase
  /**
   * Called for each client with a UUID, or with a client identifier that is not derived from its MAC, before its
   * request is handled: it may be a machine of the inventory on another interface.
   */
  recognise?(client: DhcpRequestFields): void
  /** Fixed address of a machine, by the MAC of any of its recognised interfaces. */
  reservation(mac: string): string | undefined
  /** MAC, as the inventory has it, of the machine whose fixed address this is. */
  reservedFor(ip: string): string | undefined
  /** Whether the inventory has a machine with this interface: it is served although strangers hold what they can. */
  isKnown?(mac: string): boolean
  /** The number of machines of the inventory without a fixed address. */
  knownMachines?(): number
  /**
   * The boot plan. Undefined: the client gets no reply. A rejection (a BeError) is reported as `dhcp:plan-failed`; the
   * authority still gives the address, without a boot file. A slow plan delays the OFFER to this client only. `informed`:
   * the address is what the sender of a DHCPINFORM says, which may be another host.
   */
  plan(client: DhcpRequestFields, ip: string | undefined, informed?: boolean): Promise<DhcpReply | undefined>
  /** Proxy mode: called with the address that a machine gets from the network's own server. */
  leasedElsewhere?(mac: string, ip: string): void
  /** The client's stage, for events. */
  stage?(client: DhcpRequestFields): string | undefined
}
