import { Address4 } from 'ip-address'
import { BeError } from '../errors/errors.ts'
import type { MachineRow } from '../state/machine-table.ts'
import { parseClientId } from './client-id.ts'
import type { Hardware } from './hardware.ts'
import { checkHostName, checkMachineName } from './host-name.ts'
import { parseMac } from './mac.ts'
import { uuidIdentifiesNobody } from './no-identity.ts'
import { parseSecureOn } from './secureon.ts'

export const MACHINE_KINDS = ['metal', 'bhyve', 'qemu', 'xen'] as const
export type MachineKind = (typeof MACHINE_KINDS)[number]

/** A machine of the lab. */
export interface Machine extends MachineRow {
  /** A host name, unique in any case. */
  name: string
  /** Lower-case, colons; unique. */
  mac: string
  /** SMBIOS UUID, lower-case; not unique: some boards share one. */
  uuid?: string
  /** The address reserved for it; unique. */
  ip?: string
  /** The host name that it gets by DHCP (option 12), if not `name`. */
  host?: string
  /** SecureOn password for Wake-on-LAN, as written. */
  password?: string
  kind?: MachineKind
  /** DHCP client identifier (option 61): hex digits; unique. */
  clientId?: string
  hardware?: Hardware
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/**
 * A machine as the inventory stores it, every field checked and in its canonical spelling.
 * @throws BeError BE_MACHINE_NAME, BE_MAC_INVALID, BE_MAC_NOT_UNICAST, BE_MACHINE_UUID, BE_MACHINE_IP,
 * BE_HOST_NAME, BE_WOL_PASSWORD, BE_MACHINE_KIND, BE_CLIENT_ID
 */
export function parseMachine(given: { name: string; mac: string } & Partial<MachineRow>): Machine {
  const machine: Machine = { name: checkMachineName(given.name), mac: parseMac(given.mac) }
  if (given.uuid !== undefined) machine.uuid = parseUuid(given.uuid)
  if (given.ip !== undefined) machine.ip = parseHostAddress(given.ip)
  if (given.host !== undefined) machine.host = checkHostName(given.host)
  if (given.password !== undefined) {
    parseSecureOn(given.password)
    machine.password = given.password
  }
  if (given.kind !== undefined) machine.kind = parseKind(given.kind)
  if (given.clientId !== undefined) machine.clientId = parseClientId(given.clientId)
  if (given.hardware !== undefined) machine.hardware = given.hardware
  return machine
}

function parseUuid(text: string): string {
  const uuid = text.toLowerCase()
  if (!UUID.test(uuid)) throw invalid('BE_MACHINE_UUID', text, 'UUID', '8-4-4-4-12 hexadecimal digits')
  if (!uuidIdentifiesNobody(uuid)) return uuid
  throw new BeError('BE_MACHINE_UUID', `${uuid} identifies no machine: many boards have it`, {
    expected: 'a UUID of this board alone',
    hint: 'leave it out: the machine is known by its MAC',
  })
}

/** An IPv4 address that a host can have. Whether it lies in the lab's subnet is checked by the DHCP server. */
function parseHostAddress(text: string): string {
  if (Address4.isValid(text) && !text.includes('/')) {
    const first = new Address4(text).toArray()[0]!
    if (first !== 0 && first !== 127 && first < 224) return text
  }
  throw invalid('BE_MACHINE_IP', text, 'address for a machine', 'an IPv4 address of one host')
}

function parseKind(text: string): MachineKind {
  const kind = MACHINE_KINDS.find(known => known === text)
  if (kind !== undefined) return kind
  throw invalid('BE_MACHINE_KIND', text, 'kind of machine', MACHINE_KINDS.join(', '))
}

const invalid = (
  code: 'BE_MACHINE_IP' | 'BE_MACHINE_KIND' | 'BE_MACHINE_UUID',
  text: string,
  what: string,
  expected: string,
) => new BeError(code, `${JSON.stringify(text)} is no ${what}`, { expected })
