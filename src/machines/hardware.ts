import { BeError } from '../errors/errors.ts'
import { splitCommandLine } from './command-line.ts'

export const FIRMWARES = ['uefi', 'bios', 'none'] as const
export const NICS = ['virtio', 'e1000', 'ne2000'] as const
export const DISK_BUSES = ['virtio', 'ahci', 'ata'] as const

/** A machine's hardware. What is absent follows from the settings and the boot environment. */
export interface Hardware {
  /** MiB. */
  memory?: number
  cpus?: number
  /** `none`: the host loads the kernel (bhyveload, Xen PVH). */
  firmware?: (typeof FIRMWARES)[number]
  /** The bridge that its network card is connected to. */
  bridge?: string
  nic?: (typeof NICS)[number]
  /** Path of the image or volume that is its disk. */
  disk?: string
  diskBus?: (typeof DISK_BUSES)[number]
  /** The command that switches the machine on: an argument vector, run without a shell. */
  power?: string[]
  /** The command that prints whether it is `on` or `off`, as `ipmitool … chassis power status` does. */
  powerStatus?: string[]
}

/** Hardware as options of the command line, each a string. */
export type HardwareOptions = { [K in keyof Hardware]?: string }

type Reader<K extends keyof Hardware> = { expected: string; read(text: string): Hardware[K] | undefined }

const integer =
  (low: number, high: number) =>
  (text: string): number | undefined =>
    /^\d{1,9}$/.test(text) && Number(text) >= low && Number(text) <= high ? Number(text) : undefined

const oneOf = <T extends string>(values: readonly T[]) => ({
  expected: values.join(', '),
  read: (text: string) => values.find(value => value === text),
})

/** Whether ip(8) and ifconfig(8) accept it as an interface name: at most IFNAMSIZ - 1 characters. */
export const isInterfaceName = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$/.test(text)

/** No commas, which separate a device's fields (bhyve, QEMU, xl); no quotes, which end strings of xl.cfg(5). */
const isDiskPath = (text: string): boolean => /^\/[^,'"\\\p{Cc}]+$/u.test(text)

const READERS: { [K in keyof Required<Hardware>]: Reader<K> } = {
  memory: { expected: 'MiB, from 16 to 1048576', read: integer(16, 1_048_576) },
  cpus: { expected: 'from 1 to 128', read: integer(1, 128) },
  firmware: oneOf(FIRMWARES),
  bridge: {
    expected: 'an interface name of at most 15 characters',
    read: text => (isInterfaceName(text) ? text : undefined),
  },
  nic: oneOf(NICS),
  disk: {
    expected: 'an absolute path without commas and quotes',
    read: text => (isDiskPath(text) ? text : undefined),
  },
  diskBus: oneOf(DISK_BUSES),
  power: { expected: 'a command and its arguments, quotes closed', read: splitCommandLine },
  powerStatus: { expected: 'a command and its arguments, quotes closed', read: splitCommandLine },
}

/**
 * Hardware from options, each checked.
 * @throws BeError BE_MACHINE_HARDWARE
 */
export function parseHardware(options: HardwareOptions): Hardware {
  const hardware: Hardware = {}
  for (const key of Object.keys(READERS) as (keyof Hardware)[]) {
    const text = options[key]
    if (text !== undefined) Object.assign(hardware, { [key]: readField(key, text) })
  }
  return hardware
}

function readField(key: keyof Hardware, text: string): unknown {
  const { expected, read } = READERS[key]
  const value = read(text)
  if (value !== undefined) return value
  throw new BeError('BE_MACHINE_HARDWARE', `${JSON.stringify(text)} cannot be a machine's ${key}`, {
    expected,
  })
}

export const HARDWARE_KEYS = Object.keys(READERS) as (keyof Hardware)[]
