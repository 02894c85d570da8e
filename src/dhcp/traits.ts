import type { DhcpTraits } from '../boot/dhcp.ts'
import { optionBytes } from '../boot/options/option-space.ts'
import { readClientId } from './client-id.ts'
import { type DhcpMessage, option } from './message.ts'
import { colons, type DhcpOption, OPTION, uuidText } from './options.ts'

/** What of a request tells clients and their stages apart. Options of a wrong length count as absent. */
export function traits(message: DhcpMessage): DhcpTraits {
  const mac = colons(message.chaddr)
  const uuid = option(message, OPTION.machineId)
  const id = option(message, OPTION.clientId)
  const named = id === undefined ? {} : readClientId(id)
  const list = option(message, OPTION.parameterList)
  const arch = option(message, OPTION.architecture)
  const size = option(message, OPTION.maxMessageSize)
  return {
    mac,
    xid: message.xid,
    vendorClass: withoutNul(option(message, OPTION.vendorClass)),
    userClass: option(message, OPTION.userClass),
    archType: arch !== undefined && arch.length >= 2 ? arch.readUInt16BE() : undefined,
    uuid: uuid?.length === 17 && uuid[0] === 0 ? uuidText(uuid) : named.uuid,
    clientMac: named.mac === mac ? undefined : named.mac,
    clientId: id === undefined || named.mac === mac ? undefined : id.toString('hex'),
    parameterList: list,
    maxMessageSize: size?.length === 2 ? size.readUInt16BE() : undefined,
    hasIpxeOptions: option(message, OPTION.ipxe) !== undefined,
    echoedBytes: optionBytes(echoed(message)),
  }
}

/**
 * Options that go back as they came: the client identifier (RFC 6842) and, last, what a relay agent
 * added (RFC 3046, section 2.2).
 */
export function echoed(message: DhcpMessage): DhcpOption[] {
  const back: DhcpOption[] = []
  for (const code of [OPTION.clientId, OPTION.relayAgent]) {
    const value = option(message, code)
    if (value !== undefined) back.push([code, value])
  }
  return back
}

/** Some clients count a terminating NUL into the text. */
function withoutNul(value: Buffer | undefined): string | undefined {
  let end = value?.length ?? 0
  while (end > 0 && value![end - 1] === 0) end--
  return value?.toString('latin1', 0, end)
}

const FREEBSD = Buffer.from('\x07FreeBSD', 'latin1')

/**
 * FreeBSD's loader, by stand/libsa/bootp.c: newer ones send user class `FreeBSD`, those of 10.x only
 * the vendor class `PXEClient` without an architecture (pxeboot) or nothing at all (loader.efi). It
 * ignores a NAK and cannot use a proxy's offer.
 */
export function isFreeBsdLoader(client: DhcpTraits): boolean {
  if (client.userClass?.equals(FREEBSD)) return true
  if (client.archType !== undefined) return false
  if (client.vendorClass === 'PXEClient') return true
  return (
    client.vendorClass === undefined && client.userClass === undefined && client.parameterList === undefined
  )
}

/** Firmware that looks for a boot server: PXE, UEFI HTTP boot, iPXE. FreeBSD's loader is none. */
export function isNetworkFirmware(client: DhcpTraits): boolean {
  if (isFreeBsdLoader(client)) return false
  return /^(PXE|HTTP)Client/.test(client.vendorClass ?? '') || client.hasIpxeOptions === true
}
