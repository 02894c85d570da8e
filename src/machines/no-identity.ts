/**
 * Values that firmware has where nobody gave the board one of its own: many machines show them, so they identify
 * none. Hexadecimal in lower case throughout.
 */

/**
 * SMBIOS UUIDs that many boards share, besides those of one repeated byte (QEMU without -uuid, unprogrammed flash), as
 * firmware prints them. Collected from FreeBSD's libexec/rc/rc.d/hostid [F], the FOG project's HostManager [O], GLPI's
 * src/Blacklist.php [G], and issues of those who provision machines by UUID.
 */
const SHARED_UUIDS: ReadonlySet<string> = new Set(
  [
    // AMI's default: each 16-bit word counted up, in either byte order [F, O, G].
    '03000200-0400-0500-0006-000700080009',
    // Bytes or digits counted up or down [F, O].
    '07090201-0103-0301-0807-060504030201',
    '00010203-0405-0607-0809-0a0b0c0d0e0f',
    '01020304-0506-0708-090a-0b0c0d0e0f10',
    '01234567-89ab-cdef-0123-456789abcdef',
    '12345678-1234-5678-1234-567812345678',
    '12345678-1234-5678-90ab-cddeefaabbcc',
    '11111111-2222-3333-4444-555555555555',
    // Dell boards without a service tag: the tag is seven blanks [F].
    '4c4c4544-0000-2010-8020-80c04f202020',
    // One UUID in each board of a product [F, G]; SolidRun/lx2160a_uefi issue 4.
    '6ab5b300-538d-1014-9fb5-b0684d007b53',
    '890e2d14-cacd-45d1-ae66-bc80e8bfeb0f',
    '8a95d198-7f46-11e5-bf8b-08002704d48e',
    '8e275844-178f-44a8-aceb-a7d7e5178c63',
    'dc698397-fa54-4cf2-82c8-b1b5307a6a7f',
  ].map(uuid => uuid.replaceAll('-', '')),
)

/** One byte throughout: 00000000-…, ffffffff-…, fefefefe-…, 58585858-…. */
const ONE_BYTE = /^(..)\1*$/

/** Erased flash behind a first field that was written: 56f49712-ffff-ffff-ffff-ffffffffffff [F]. */
const ERASED = /^.{8}f{24}$/

/**
 * A UUID with its first three fields in the other byte order: as a board before SMBIOS 2.6 has it, or a client that
 * sends it in network order.
 */
const swapped = (hex: string): string => hex.replace(/^(..)(..)(..)(..)(..)(..)(..)(..)/, '$4$3$2$1$6$5$8$7')

const isSharedUuid = (hex: string): boolean =>
  ONE_BYTE.test(hex) || ERASED.test(hex) || SHARED_UUIDS.has(hex) || SHARED_UUIDS.has(swapped(hex))

/** Whether many machines have this UUID; lower case, with hyphens. Byte order does not matter. */
export const uuidIdentifiesNobody = (uuid: string): boolean => isSharedUuid(uuid.replaceAll('-', ''))

/** Hardware address of Ethernet (type 1): a group address, or none (RFC 2132, section 9.14). */
const NO_UNICAST_MAC = /^01.[13579bdf].{10}$/

/** Type 0 or nothing, or an IAID and a DUID of type 4 (RFC 4361, RFC 6355), before a UUID. */
const UUID_WITHIN = /^(?:00|ff.{8}0004)?(.{32})$/

/**
 * Whether a DHCP client identifier (option 61), in hex, says nothing: a type byte alone, or nothing but zeros or ff
 * after it; no address of one interface; or a UUID that identifies nobody.
 */
export function clientIdIdentifiesNobody(hex: string): boolean {
  const value = hex.slice(2)
  if (/^(?:00)*$/.test(value) || /^(?:ff)*$/.test(value) || NO_UNICAST_MAC.test(hex)) return true
  const uuid = UUID_WITHIN.exec(hex)?.[1]
  return uuid !== undefined && isSharedUuid(uuid)
}
