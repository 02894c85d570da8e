import { BeError } from '../../errors/errors.ts'
import { type DhcpOption, OPTION } from './codes.ts'
import { hexText } from './printable.ts'
import { optionCode, optionInfo } from './table.ts'
import { OPTION_TYPES, type OptionFormat } from './types.ts'

/** Options that only the server itself sets, from the lease and the request. */
const SERVER_ONLY: ReadonlySet<number> = new Set([
  ...[OPTION.pad, OPTION.requestedAddress, OPTION.leaseTime, OPTION.overload, OPTION.messageType],
  ...[OPTION.serverId, OPTION.parameterList, OPTION.message, OPTION.maxMessageSize, OPTION.clientId],
  ...[OPTION.relayAgent, OPTION.subnetSelection, OPTION.end],
])

const formatOf = (code: number): OptionFormat => OPTION_TYPES[optionInfo(code)?.type ?? 'hex']

/** An option's value as text. Never throws: bytes that are not of the option's type are shown in hex. */
export const formatOption = (code: number, value: Buffer): string =>
  formatOf(code).format(value) ?? hexText(value)

/**
 * Reads `NAME=VALUE` of a configuration: name or code of the option, value of its type; lists with commas; bytes
 * of any option as `0x0102`. The reverse of formatOption for types that `parse`. Returns what was expected when
 * the text cannot be read.
 */
export function parseOption(text: string): DhcpOption | string {
  const [, name, value] = /^([a-z0-9.-]+)=(.*)$/i.exec(text) ?? []
  if (name === undefined || value === undefined) return 'an option as ntp-servers=192.168.2.1 or 224=0x0102'
  const code = readCode(name)
  if (code === undefined) return `the name or code of a DHCP option instead of ${name}`
  if (SERVER_ONLY.has(code)) return `an option that the server does not set by itself, as it does ${name}`
  const type = formatOf(code)
  const bytes = parseHex(value) ?? tryParse(type, value)
  return bytes === undefined ? `${name} as ${type.expected ?? 'bytes, 0x0102'}` : [code, bytes]
}

function readCode(name: string): number | undefined {
  if (/^\d{1,3}$/.test(name)) return Number(name) < 256 ? Number(name) : undefined
  return optionCode(name.toLowerCase())
}

const parseHex = (text: string): Buffer | undefined =>
  /^0x(?:[0-9a-f]{2})+$/i.test(text) ? Buffer.from(text.slice(2), 'hex') : undefined

function tryParse(type: OptionFormat, text: string): Buffer | undefined {
  try {
    return type.parse?.(text)
  } catch (error) {
    if (error instanceof BeError) return undefined
    throw error
  }
}
