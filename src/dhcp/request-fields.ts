import { chooseArchType } from '../boot/architectures.ts'
import type { DhcpRequestFields } from '../boot/dhcp.ts'
import { optionBytes } from '../boot/options/option-space.ts'
import { hardwareAddress } from './hardware-address.ts'
import { type DhcpMessage, messageType, option } from './message.ts'
import { readClientId } from './options/client-id.ts'
import { type DhcpOption, OPTION } from './options/codes.ts'
import { formatMac } from './options/mac.ts'
import { formatUuid } from './options/uuid.ts'

/** The fields of a request that tell clients and their stages apart. Options of a wrong length count as absent. */
export function requestFields(message: DhcpMessage): DhcpRequestFields {
  const mac = formatMac(hardwareAddress(message))
  const uuid = option(message, OPTION.machineId)
  const id = option(message, OPTION.clientId)
  const owner = id === undefined ? {} : readClientId(id)
  const list = option(message, OPTION.parameterList)
  const arch = option(message, OPTION.architecture)
  const size = option(message, OPTION.maxMessageSize)
  return {
    mac,
    xid: message.xid,
    type: messageType(message),
    secs: message.secs,
    vendorClass: withoutNul(option(message, OPTION.vendorClass)),
    userClass: option(message, OPTION.userClass),
    archType: arch && chooseArchType(u16s(arch)),
    uuid: uuid?.length === 17 && uuid[0] === 0 ? formatUuid(uuid) : owner.uuid,
    clientMac: owner.mac === mac ? undefined : owner.mac,
    clientId: id === undefined || owner.mac === mac ? undefined : id.toString('hex'),
    parameterList: list,
    maxMessageSize: size?.length === 2 ? size.readUInt16BE() : undefined,
    hasIpxeOptions: option(message, OPTION.ipxe) !== undefined,
    echoedBytes: optionBytes(echoedOptions(message)),
  }
}

/**
 * Options that a reply repeats: the client identifier (RFC 6842), the subnet selection (RFC 3011) and, last, the relay
 * agent information (RFC 3046, section 2.2).
 */
export function echoedOptions(message: DhcpMessage): DhcpOption[] {
  const echoed: DhcpOption[] = []
  for (const code of [OPTION.clientId, OPTION.subnetSelection, OPTION.relayAgent]) {
    const value = option(message, code)
    if (value !== undefined) echoed.push([code, value])
  }
  return echoed
}

/** Numbers of two bytes; an odd byte at the end is ignored. */
const u16s = (value: Buffer): number[] =>
  Array.from({ length: value.length >> 1 }, (_, index) => value.readUInt16BE(2 * index))

/** Some clients include a terminating NUL. */
function withoutNul(value: Buffer | undefined): string | undefined {
  let end = value?.length ?? 0
  while (end > 0 && value![end - 1] === 0) end--
  return value?.toString('latin1', 0, end)
}

const FREEBSD = Buffer.from('\x07FreeBSD', 'latin1')

/**
 * FreeBSD's loader, by stand/libsa/bootp.c: newer ones send user class `FreeBSD`, those of 10.x only
 * the vendor class `PXEClient` without an architecture (pxeboot) or nothing at all and xid 1 (loader.efi). It
 * ignores a NAK and cannot use a proxy's offer.
 */
export function isFreeBsdLoader(client: DhcpRequestFields): boolean {
  if (client.userClass?.equals(FREEBSD)) return true
  if (client.archType !== undefined) return false
  if (client.vendorClass === 'PXEClient') return true
  const { vendorClass, userClass, parameterList } = client
  return client.xid === 1 && (vendorClass ?? userClass ?? parameterList) === undefined
}

/** PXE, UEFI HTTP boot or iPXE, which look for a boot server; not FreeBSD's loader. */
export function isNetworkFirmware(client: DhcpRequestFields): boolean {
  if (isFreeBsdLoader(client)) return false
  return /^(PXE|HTTP)Client/.test(client.vendorClass ?? '') || client.hasIpxeOptions === true
}
