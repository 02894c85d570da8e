import { formatMac } from './mac.ts'
import { formatUuid } from './uuid.ts'

/** The machine that a client identifier is derived from; empty when it is some other name. */
export interface ClientIdOwner {
  /** Lower-case, colons. */
  mac?: string
  /** As SMBIOS spells it. */
  uuid?: string
}

/** Hardware type (RFC 1700, ARP parameters). */
const ETHERNET = 1

/**
 * Reads option 61: type and hardware address (RFC 2132, section 9.14); 0 and the UUID of option 97, as
 * some PXE ROMs send it; or 255, an IAID and a DUID (RFC 4361, section 6.1).
 */
export function readClientId(value: Buffer): ClientIdOwner {
  if (value[0] === ETHERNET && value.length === 7) return { mac: formatMac(value.subarray(1)) }
  if (value[0] === 0 && value.length === 17) return { uuid: formatUuid(value) }
  return value[0] === 255 && value.length > 7 ? readDuid(value.subarray(5)) : {}
}

/** Types 1 and 3 hold a link-layer address (RFC 8415, sections 11.2, 11.4), 4 a UUID in network order (RFC 6355). */
function readDuid(duid: Buffer): ClientIdOwner {
  const type = duid.readUInt16BE()
  const address = type === 1 ? 8 : 4
  if ((type === 1 || type === 3) && duid.length === address + 6 && duid.readUInt16BE(2) === ETHERNET)
    return { mac: formatMac(duid.subarray(address)) }
  if (type !== 4 || duid.length !== 18) return {}
  return { uuid: duid.toString('hex', 2).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') }
}
