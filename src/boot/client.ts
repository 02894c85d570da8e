import type { Arch } from '../be/be.ts'

/** Who is asking, and how far its boot has come. */

/** Client stage, told from the packet and from what came before from the same MAC. */
export type Stage = 'firmware' | 'ipxe' | 'loader' | 'http' | 'os'

/** The fields of one DHCP request that tell stages apart (facts: "Seen on the wire, stage by stage"). */
export interface DhcpRequestFields {
  /** Lower-case, colons. */
  mac: string
  xid: number
  /** Option 60 as text. */
  vendorClass?: string
  /** Option 77 raw. */
  userClass?: Buffer
  /** Option 93: the first architecture type (RFC 4578; IANA's processor architecture types). */
  archType?: number
  /** Option 97, or what option 61 is made of, as SMBIOS spells a UUID; absent when there is none. */
  uuid?: string
  /** The MAC that option 61 is made of, where it is not `mac`. */
  clientMac?: string
  /** Option 61 in hex; absent where it is made of `mac`. */
  clientId?: string
  /** Option 55. */
  parameterList?: ArrayLike<number>
  /** Option 57: the largest DHCP message it takes, in bytes. */
  maxMessageSize?: number
  /** Option 175 (iPXE's encapsulated options) is there. */
  hasIpxeOptions?: boolean
  /** Bytes of options that the server must echo (61, 82), for the size check. */
  echoedBytes?: number
}

/** One client at one stage of its boot. */
export interface Client {
  mac: string
  stage: Stage
  firmware?: 'bios' | 'uefi'
  arch?: Arch
  uuid?: string
  /** Option 60 as text. */
  vendorClass?: string
  /** Option 77 raw. */
  userClass?: Buffer
  /** The address it has or is about to get. */
  ip?: string
  /** Room for options in the reply, in bytes of the options field (cookie and end included): 312 unless 57 says more. */
  optionRoom: number
  /** Bytes of that room which the DHCP server will spend on echoed options. */
  echoedBytes?: number
}

/** What the DHCP server is to say, beyond message type and echoed options. */
export interface DhcpReply {
  siaddr?: string
  /** The `file` field, at most 127 bytes. */
  file?: string
  /** In the order in which they go out; without 53, 61, 82 and the end. */
  options: [code: number, value: Buffer][]
  /** A boot was refused for a reason that may pass: the next DISCOVER is worth another plan. */
  refused?: true
}
