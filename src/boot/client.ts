import type { Arch } from '../be/be.ts'

/**
 * How far the boot of a machine has come: the program that sends the DHCP request. `http` is UEFI HTTP boot
 * firmware, `loader` FreeBSD's loader, `os` an installed or running system.
 */
export type Stage = 'firmware' | 'ipxe' | 'loader' | 'http' | 'os'

/** One client at one stage of its boot. */
export interface Client {
  mac: string
  stage: Stage
  /** Absent, as `arch` is, when neither this request nor an earlier one of the same MAC told it. */
  firmware?: 'bios' | 'uefi'
  arch?: Arch
  /** Option 93, of this request or an earlier one. */
  archType?: number
  uuid?: string
  /** Option 60 as text. */
  vendorClass?: string
  /** Option 77 raw. */
  userClass?: Buffer
  /** The address that it has or is about to get. */
  ip?: string
  /** Size in bytes of the reply's options field, cookie and end included: 312 unless option 57 allows more. */
  optionSpace: number
  /** Bytes of that field which the DHCP server needs for echoed options (61, 82). */
  echoedBytes?: number
}
