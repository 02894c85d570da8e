import { BeError } from '../errors/errors.ts'

/** RFC 2132, section 9.14: at least two bytes; an option's value has 255. */
const LEAST = 2
const MOST = 255

const HEX = /^0x((?:[0-9a-f]{2})+)$|^([0-9a-f]{2}(?::[0-9a-f]{2})+)$/i

/**
 * A DHCP client identifier as hex digits: bytes as `0x00aabb` or `00:aa:bb`, anything else stands for the
 * bytes of its text.
 * @throws BeError BE_CLIENT_ID
 */
export function parseClientId(text: string): string {
  const [, digits, colons] = HEX.exec(text) ?? []
  const hex = digits ?? colons?.replaceAll(':', '')
  const bytes = hex === undefined ? Buffer.from(text, 'utf8') : Buffer.from(hex, 'hex')
  const broken = hex === undefined && /^0x/i.test(text)
  if (!broken && bytes.length >= LEAST && bytes.length <= MOST) return bytes.toString('hex')
  throw new BeError('BE_CLIENT_ID', `${JSON.stringify(text)} is no client identifier`, {
    expected: `${LEAST} to ${MOST} bytes, as 0x00aabb or as text`,
    exit: 'usage',
  })
}

/**
 * The spellings under which an identifier from the wire may be on record: as it is, and without the type byte
 * 0, "no hardware address", that some clients put before a name and people leave out.
 */
export const clientIdSpellings = (hex: string): string[] =>
  hex.length > 2 && hex.startsWith('00') ? [hex, hex.slice(2)] : [hex]
