/** How many bytes of options a DHCP reply can hold, and how many it needs. */

/** IPv4 header without options, UDP header, the fixed part of a DHCP message. */
const HEADERS = 20 + 8 + 236

/** RFC 2131, section 2: every client takes an IP datagram of 576 bytes. */
const SMALLEST = 576

/** An Ethernet frame: a longer reply would be fragmented, and firmware loses fragments. */
const LARGEST = 1500

/**
 * Bytes that the server adds to a plan's options: the cookie, 53, 54, 51 and the end. Echoed options (61, 82) are
 * not in it: `DhcpRequestFields.echoedBytes`.
 */
export const SERVER_OVERHEAD = 4 + 3 + 6 + 6 + 1

type Options = readonly (readonly [code: number, value: Buffer])[]

/** Size in bytes of the options field of a reply with these options. */
export const spaceNeeded = ({ echoedBytes = 0 }: { echoedBytes?: number }, options: Options): number =>
  SERVER_OVERHEAD + echoedBytes + optionBytes(options)

/** Bytes that options take on the wire: without cookie and end, values over 255 bytes split (RFC 3396). */
export const optionBytes = (options: Options): number =>
  options.reduce((sum, [, value]) => sum + value.length + 2 * chunks(value), 0)

/** Into how many options of one code a value is split. */
export const chunks = (value: Buffer): number => Math.max(1, Math.ceil(value.length / 255))

/** Largest options field of a reply, cookie and end included: 312 bytes unless option 57 allows more. */
export function optionSpace(maxMessageSize: number | undefined): number {
  return Math.min(Math.max(maxMessageSize ?? SMALLEST, SMALLEST), LARGEST) - HEADERS
}
