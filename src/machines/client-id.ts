import { BeError } from '../errors/errors.ts'
import { clientIdIdentifiesNobody } from './no-identity.ts'

/** Bytes of a client identifier: at least two (RFC 2132, section 9.14), at most what an option holds. */
const LEAST = 2
const MOST = 255

const HEX = /^0x((?:[0-9a-f]{2})+)$|^([0-9a-f]{2}(?::[0-9a-f]{2})+)$/i

/**
 * A DHCP client identifier as hex digits. `0x00aabb` and `00:aa:bb` are bytes, anything else is text and stands for
 * its UTF-8 bytes.
 * @throws BeError BE_CLIENT_ID
 */
export function parseClientId(text: string): string {
  const [, digits, colons] = HEX.exec(text) ?? []
  const hex = digits ?? colons?.replaceAll(':', '')
  const bytes = hex === undefined ? Buffer.from(text, 'utf8') : Buffer.from(hex, 'hex')
  const malformed = hex === undefined && /^0x/i.test(text)
  if (malformed || bytes.length < LEAST || bytes.length > MOST) {
    throw new BeError('BE_CLIENT_ID', `${JSON.stringify(text)} is no client identifier`, {
      expected: `${LEAST} to ${MOST} bytes, as 0x00aabb or as text`,
    })
  }
  const id = bytes.toString('hex')
  if (!clientIdIdentifiesNobody(id)) return id
  throw new BeError('BE_CLIENT_ID', `${JSON.stringify(text)} identifies no machine: many clients send it`, {
    expected: 'an identifier of this machine alone',
    hint: 'leave it out: the machine is known by its MAC',
  })
}

/**
 * The spellings under which the inventory may have an identifier of a packet: as it is, and without its type byte
 * 0 ("no hardware address"), which some clients put before a name and people leave out.
 */
export const clientIdSpellings = (hex: string): string[] =>
  hex.length > 2 && hex.startsWith('00') ? [hex, hex.slice(2)] : [hex]
