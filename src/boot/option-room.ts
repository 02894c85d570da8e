/** How many bytes a DHCP reply may hold and what the server itself spends of them. */

/** IPv4 header without options, UDP header, the fixed part of a DHCP message. */
const HEADERS = 20 + 8 + 236

/** RFC 2131, section 2: every client takes an IP datagram of 576 bytes. */
const SMALLEST = 576

/** An Ethernet frame: beyond it a reply would be fragmented, and firmware loses fragments. */
const LARGEST = 1500

/**
 * Bytes that the server adds to a plan's options: the cookie, 53, 54, 51 and the end. Whatever it echoes
 * (61, 82) comes on top: `DhcpTraits.echoedBytes`.
 */
export const SERVER_OVERHEAD = 4 + 3 + 6 + 6 + 1

/** Bytes that a reply to this client takes with these options. */
export function needed(
  { echoedBytes = 0 }: { echoedBytes?: number },
  options: readonly (readonly [code: number, value: Buffer])[],
): number {
  return SERVER_OVERHEAD + echoedBytes + options.reduce((sum, [, value]) => sum + 2 + value.length, 0)
}

/** Room for options in a reply, cookie and end included: 312 bytes unless option 57 says more. */
export function optionRoom(maxMessageSize: number | undefined): number {
  return Math.min(Math.max(maxMessageSize ?? SMALLEST, SMALLEST), LARGEST) - HEADERS
}
