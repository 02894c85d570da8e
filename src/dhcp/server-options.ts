import type { DhcpReply, DhcpTraits } from '../boot/dhcp.ts'
import type { Clock, Network } from '../net/net.ts'
import type { Emit } from '../session/event.ts'
import type { LeaseBook } from './leases.ts'

/** A network that machines are on; addresses dotted. */
export interface DhcpNetwork {
  /** An address of it. */
  address: string
  netmask: string
  /** Handed out to machines without a reservation; absent: only reservations are served. */
  pool?: readonly [first: string, last: string] | undefined
  /** Never handed out; told to a client whose plan failed. */
  router?: string | undefined
}

/** The network that the server is on. */
export interface DhcpLab extends DhcpNetwork {
  /** This host's address there: source of all replies, option 54. */
  address: string
  leaseSeconds: number
  /** Networks behind relay agents; none overlaps another. */
  relayed?: readonly DhcpNetwork[] | undefined
}

export interface DhcpServerOptions {
  network: Network
  clock: Clock
  emit: Emit
  lab: DhcpLab
  /** `authority` gives addresses; `proxy` only adds boot answers beside the LAN's own server. */
  mode: 'authority' | 'proxy'
  /** As the authority: refuse to start beside another DHCP server on the segment. */
  lookFirst?: boolean
  /** As the authority: find out, after a new offer, whether a host uses the address already. */
  probe?: boolean
  /** 67; clients listen on the next one. */
  port?: number
  /** Proxy mode: where firmware asks again, 4011. */
  proxyPort?: number
  leases: LeaseBook
  /**
   * Told of each client that shows a UUID, or a client identifier that is not made of its MAC, before anything
   * is decided for it: it may be a known machine on another interface.
   */
  recognise?(client: DhcpTraits): void
  /** Fixed address of a machine, recognised ones included. */
  reservation(mac: string): string | undefined
  /** The machine whose fixed address this is, by the MAC that it is known by. */
  reservedFor(ip: string): string | undefined
  /**
   * The boot plan. Undefined: no answer to this client. A rejection (a BeError with what is wrong) is
   * reported as `dhcp:refused`; as the authority the server still gives the address, without boot file.
   * A plan may be slow: it delays the OFFER to this client only.
   */
  plan(client: DhcpTraits, ip: string | undefined): Promise<DhcpReply | undefined>
  /** Told which address a machine took from another server: a proxy learns it in no other way. */
  took?(mac: string, ip: string): void
  /** The stage that events name. */
  stage?(client: DhcpTraits): string | undefined
}
