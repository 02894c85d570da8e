import { HARDWARE_KEYS, type Hardware, type HardwareOptions, parseHardware } from '../../machines/hardware.ts'
import type { Machine } from '../../machines/machine.ts'

/** The fields of a machine besides its name, as a user writes them; `-` removes a value. */
export type MachineFields = HardwareOptions & {
  mac?: string
  ip?: string
  host?: string
  uuid?: string
  password?: string
  kind?: string
  clientId?: string
}

const OWN_KEYS = ['mac', 'ip', 'host', 'uuid', 'clientId', 'password', 'kind'] as const

const NONE = '-'

/** A machine without its SecureOn password, which is never shown. */
export type ShownMachine = Omit<Machine, 'password'>

export const shown = ({ password: _, ...machine }: Machine): ShownMachine => machine

/** The fields of a new machine; other properties of `fields` are ignored. Throws BE_MACHINE_HARDWARE. */
export function newFields(fields: MachineFields): Record<string, unknown> {
  const { own, words } = split(fields)
  const hardware = parseHardware(words)
  return { ...own, ...(Object.keys(hardware).length > 0 && { hardware }) }
}

/** Whether any field is given. */
export const hasFields = (fields: MachineFields): boolean =>
  Object.keys(fields).some(key => [...OWN_KEYS, ...HARDWARE_KEYS].some(known => known === key))

/** The changes for a machine that has this hardware; undefined removes a value. Throws BE_MACHINE_HARDWARE. */
export function changedFields(fields: MachineFields, before: Hardware | undefined): Record<string, unknown> {
  const { own, words } = split(fields)
  // A MAC cannot be removed: `-` is refused as an invalid one.
  const changes = map(own, (key, value) => (value === NONE && key !== 'mac' ? undefined : value))
  if (Object.keys(words).length === 0) return changes
  return { ...changes, hardware: changedHardware(before, words) }
}

/** Undefined when no value is left. */
function changedHardware(before: Hardware | undefined, words: HardwareOptions): Hardware | undefined {
  const given = Object.entries(words).filter(([, word]) => word !== NONE)
  const hardware = { ...before, ...parseHardware(Object.fromEntries(given)) }
  const left = Object.entries(hardware).filter(([key]) => words[key as keyof Hardware] !== NONE)
  return left.length === 0 ? undefined : Object.fromEntries(left)
}

function split(fields: MachineFields): { own: Record<string, string>; words: HardwareOptions } {
  const pick = (keys: readonly string[]) =>
    Object.fromEntries(Object.entries(fields).filter(([key]) => keys.includes(key)))
  return { own: pick(OWN_KEYS), words: pick(HARDWARE_KEYS) }
}

const map = (own: Record<string, string>, change: (key: string, value: string) => string | undefined) =>
  Object.fromEntries(Object.entries(own).map(([key, value]) => [key, change(key, value)]))
