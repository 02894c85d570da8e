/** How many bytes a DHCP reply may hold and what the server itself spends of them. */

/** IPv4 header without options, UDP header, the fixed part of a DHCP message. */
const HEADERS = 20 + 8 + 236

/** RFC 2131, section 2: every client takes an IP datagram of 576 bytes. */
const SMALLEST = 576

/** An Ethernet frame: beyond it a reply would be fragmented, and firmware loses fragments. */
const LARGEST = 1500

/**
 * Bytes that the server adds to a plan's options: the cookie, 53, 54, 51 and the end. Whatever it echoes
 * (61, 82) comes on top: `DhcpRequestFields.echoedBytes`.
 */
export const SERVER_OVERHEAD = 4 + 3 + 6 + 6 + 1

type Options = readonly (readonly [code: number, value: Buffer])[]

/** Bytes that a reply to this client takes with these options. */
export const needed = ({ echoedBytes = 0 }: { echoedBytes?: number }, options: Options): number =>
  SERVER_OVERHEAD + echoedBytes + optionBytes(options)

/** Bytes that options take on the wire: without cookie and end, values over 255 bytes split (RFC 3396). */
export const optionBytes = (options: Options): number =>
  options.reduce((sum, [, value]) => sum + value.length + 2 * chunks(value), 0)

/** How many options of one code a value takes. */
export const chunks = (value: Buffer): number => Math.max(1, Math.ceil(value.length / 255))

/** Room for options in a reply, cookie and end included: 312 bytes unless option 57 says more. */
export function optionRoom(maxMessageSize: number | undefined): number {
  return Math.min(Math.max(maxMessageSize ?? SMALLEST, SMALLEST), LARGEST) - HEADERS
}
