import { Address4 } from 'ip-address'
import { BeError } from '../errors/errors.ts'
import { readMac } from './mac.ts'

/**
 * The bytes of a SecureOn password, which follow the magic packet: six, written like a MAC, or four,
 * written like an IPv4 address (ether-wake(8), option -p).
 * @throws BeError BE_WOL_PASSWORD
 */
export function parseSecureOn(text: string): Buffer {
  const six = readMac(text)
  if (six !== undefined) return Buffer.from(six.replaceAll(':', ''), 'hex')
  if (Address4.isValid(text) && !text.includes('/')) return Buffer.from(new Address4(text).toArray())
  throw new BeError('BE_WOL_PASSWORD', 'the SecureOn password cannot be read', {
    expected: 'six bytes as in 00:11:22:33:44:55, or four as in 192.168.1.1',
  })
}
