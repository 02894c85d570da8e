import { BeError } from '../errors/errors.ts'

/** The spelling that is used throughout. */
const CANONICAL = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/

const SPELLINGS = [
  /^([0-9a-f]{1,2})(?::([0-9a-f]{1,2})){5}$/i,
  /^[0-9a-f]{2}(?:-[0-9a-f]{2}){5}$/i,
  /^[0-9a-f]{4}(?:\.[0-9a-f]{4}){2}$/i,
  /^[0-9a-f]{12}$/i,
]

/**
 * An Ethernet address in any usual spelling (`02:01:..`, `2:1:..` of ether_ntoa(3), `02-01-..`,
 * `0201.0203.0405`, `020102030405`) as lower case with colons; undefined when it is none.
 */
export function readMac(text: string): string | undefined {
  if (CANONICAL.test(text)) return text
  const spelling = SPELLINGS.findIndex(pattern => pattern.test(text))
  if (spelling < 0) return undefined
  const hex =
    spelling === 0
      ? text
          .split(':')
          .map(byte => byte.padStart(2, '0'))
          .join('')
      : text.replace(/[-.]/g, '')
  return hex.toLowerCase().match(/../g)!.join(':')
}

/**
 * The address of one network interface, lower case with colons.
 * @throws BeError BE_MAC_INVALID, or BE_MAC_NOT_UNICAST for a group address (IEEE 802, lowest bit of the
 * first byte) and for all zeros, which no interface has
 */
export function parseMac(text: string): string {
  const mac = readMac(text)
  if (mac === undefined) {
    throw new BeError('BE_MAC_INVALID', `${JSON.stringify(text)} is no MAC address`, {
      expected: 'six bytes as in 02:01:02:03:04:05',
    })
  }
  const group = (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1
  if (group || mac === '00:00:00:00:00:00') {
    throw new BeError('BE_MAC_NOT_UNICAST', `${mac} is ${group ? 'a group address' : 'all zeros'}`, {
      expected: 'the address of one network interface',
    })
  }
  return mac
}
