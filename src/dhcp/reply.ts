import type { DhcpReply } from '../boot/dhcp.ts'
import { addressBytes, BROADCAST, NO_ADDRESS } from '../net/ipv4.ts'
import type { Endpoint } from '../net/net.ts'
import { type DhcpMessage, messageType } from './message.ts'
import { type DhcpOption, MESSAGE_TYPE, OPTION } from './options/codes.ts'
import { wantsSourcePort } from './relay-agent.ts'
import { echoedOptions } from './request-fields.ts'

/** Options that the server writes; those of a plan are dropped. */
const SERVER_OPTIONS: ReadonlySet<number> = new Set([
  ...[OPTION.leaseTime, OPTION.overload, OPTION.messageType, OPTION.serverId],
  ...[OPTION.clientId, OPTION.subnetSelection, OPTION.relayAgent],
])

const BROADCAST_FLAG = 0x8000

/** The parts of a reply that do not come from the request. */
export interface ReplyParts {
  /** Option 53; absent for BOOTP, which gets none of 51, 53 and 54. */
  type?: number
  /** Option 54. */
  server: string
  yiaddr?: string
  /** Option 51. */
  leaseSeconds?: number
  plan?: DhcpReply
}

/** The reply to a request (RFC 2131, table 3): message type first, echoed options last. */
export function buildReply(request: DhcpMessage, parts: ReplyParts): DhcpMessage {
  const { type, server, yiaddr = NO_ADDRESS, plan } = parts
  const options: DhcpOption[] = []
  if (type !== undefined)
    options.push([OPTION.messageType, Buffer.of(type)], [OPTION.serverId, addressBytes(server)])
  if (type !== undefined && parts.leaseSeconds !== undefined)
    options.push([OPTION.leaseTime, u32(parts.leaseSeconds)])
  for (const entry of plan?.options ?? []) if (!SERVER_OPTIONS.has(entry[0])) options.push(entry)
  options.push(...echoedOptions(request))
  return {
    op: 2,
    htype: request.htype,
    hops: 0,
    xid: request.xid,
    secs: 0,
    flags: request.flags,
    // Table 3: an ACK repeats it, OFFER and NAK do not.
    ciaddr: type === MESSAGE_TYPE.ack ? request.ciaddr : NO_ADDRESS,
    yiaddr,
    siaddr: plan?.siaddr ?? NO_ADDRESS,
    giaddr: request.giaddr,
    chaddr: request.chaddr,
    sname: '',
    file: plan?.file ?? '',
    options,
  }
}

function u32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** A request as it came: the sender is the client or its relay agent. */
interface Received {
  message: DhcpMessage
  from: Endpoint
}

/**
 * Where a reply goes (RFC 2131, section 4.1): to the relay agent; to a client that uses its address already;
 * else by broadcast, whatever the client's broadcast flag: all firmware accepts it, and it needs no ARP entry. The
 * answer to an INFORM goes past the relay agent (section 4.3.5).
 */
export function destination(request: Received, reply: DhcpMessage, serverPort: number): Endpoint {
  const { message, from } = request
  const port = serverPort + 1
  if (messageType(message) === MESSAGE_TYPE.inform) {
    const address = informingAddress(request)
    if (address !== undefined) return { address, port }
  }
  if (message.giaddr !== NO_ADDRESS) {
    if (mustBroadcast(reply)) reply.flags |= BROADCAST_FLAG
    return { address: message.giaddr, port: wantsSourcePort(message) ? from.port : serverPort }
  }
  const unicast = message.ciaddr !== NO_ADDRESS && messageType(reply) !== MESSAGE_TYPE.nak
  return { address: unicast ? message.ciaddr : BROADCAST, port }
}

/** The address of a client that sent an INFORM; undefined when it does not tell. */
export function informingAddress({ message: { ciaddr, giaddr }, from }: Received): string | undefined {
  if (ciaddr !== NO_ADDRESS) return ciaddr
  return giaddr === NO_ADDRESS && from.address !== NO_ADDRESS ? from.address : undefined
}

/**
 * Whether a relay agent can deliver this by broadcast only: it sends to yiaddr and chaddr otherwise (RFC 1542, section
 * 5.4). A NAK has no yiaddr, nor has an offer of a proxy.
 */
const mustBroadcast = ({ yiaddr, chaddr }: DhcpMessage): boolean =>
  yiaddr === NO_ADDRESS || chaddr.length === 0
