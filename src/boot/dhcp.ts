/** What a boot plan takes from the DHCP server and what it gives back. */

/** The fields of a DHCP request by which client and stage are identified. */
export interface DhcpRequestFields {
  /** Lower-case, colons. */
  mac: string
  xid: number
  /** Option 53; absent for BOOTP. */
  type?: number
  /** Seconds since the client began, as it says. */
  secs?: number
  /** Option 60 as text. */
  vendorClass?: string
  /** Option 77 raw. */
  userClass?: Buffer
  /** Option 93: an architecture type (RFC 4578), of several the first that can be served. */
  archType?: number
  /** UUID as SMBIOS spells it, from option 97 or from an option 61 that is made of it. */
  uuid?: string
  /** The MAC that option 61 is made of, where it is not `mac`. */
  clientMac?: string
  /** Option 61 in hex; absent where it is made of `mac`. */
  clientId?: string
  /** Option 55. */
  parameterList?: ArrayLike<number>
  /** Option 57: the largest DHCP message that the client takes, in bytes. */
  maxMessageSize?: number
  /** Option 175 (iPXE's encapsulated options) is present. */
  hasIpxeOptions?: boolean
  /** Bytes of options that the server must echo (61, 82), for the size check. */
  echoedBytes?: number
}

/** One DHCP option to send. */
export type ReplyOption = [code: number, value: Buffer]

/** The contents of a DHCP reply, without message type and echoed options. */
export interface DhcpReply {
  siaddr?: string
  /** The `file` field, at most 127 bytes. */
  file?: string
  /** In the order in which they are sent; without 53, 61, 82 and the end. */
  options: ReplyOption[]
  /** A boot was refused for a reason that may pass: the next DISCOVER is worth another plan. */
  refused?: true
}
