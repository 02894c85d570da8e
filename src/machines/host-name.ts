import { Address4 } from 'ip-address'
import { BeError } from '../errors/errors.ts'
import { readMac } from './mac.ts'

const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i

const isHostName = (text: string): boolean =>
  text.length <= 253 && text.split('.').every(label => LABEL.test(label)) && !Address4.isValid(text)

/**
 * Checks a host name by RFC 1123, section 2.1 (and RFC 952): labels of letters, digits and inner
 * hyphens, 1 to 63 each, 253 in all, and no IPv4 address.
 * @throws BeError BE_HOST_NAME
 */
export function checkHostName(text: string): string {
  if (isHostName(text)) return text
  throw new BeError('BE_HOST_NAME', `${JSON.stringify(text)} is no host name`, {
    expected: 'letters, digits and inner hyphens, in parts of 1 to 63 between dots',
  })
}

/**
 * Checks a machine's name: a host name that is not also a MAC, because commands accept either.
 * @throws BeError BE_MACHINE_NAME
 */
export function checkMachineName(text: string): string {
  if (isHostName(text) && readMac(text) === undefined) return text
  throw new BeError('BE_MACHINE_NAME', `${JSON.stringify(text)} is no name for a machine`, {
    expected: 'a host name such as lab-7, not an address',
  })
}
