import type { Arch } from '../be/be.ts'

/** How far the boot of a machine has come: the program that sends the DHCP request. */
export const STAGES = [
  /** A PXE ROM, UEFI PXE, U-Boot. */
  'firmware',
  'ipxe',
  /** FreeBSD's loader. */
  'loader',
  /** UEFI HTTP boot firmware. */
  'http',
  /** GRUB's net_bootp: it may start anything. */
  'grub',
  /** A kernel, or the initial RAM disk of one; not known is whose. */
  'kernel',
  /** An installed or running system: the request comes from no boot program. */
  'os',
  /** May be any of them: proves nothing. */
  'unknown',
] as const
export type Stage = (typeof STAGES)[number]

/** One client at one stage of its boot. */
export interface Client {
  mac: string
  stage: Stage
  /** Of the request that it was identified by: an exchange has one. */
  xid?: number
  /** Absent, as `arch` is, when neither this request nor an earlier one of the same MAC told it. */
  firmware?: 'bios' | 'uefi'
  arch?: Arch
  /** A board whose firmware is of its own kind. */
  board?: 'raspberry-pi'
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

/** FreeBSD's kernel with options BOOTP, by its vendor class (sys/nfs/bootp_subr.c): it mounts the root that it is told. */
const isBootpKernel = ({ stage, vendorClass = '' }: Client): boolean =>
  stage === 'kernel' && vendorClass.startsWith('FreeBSD:')

/** Whether the client loads or mounts what its reply says: others get their network configuration alone. */
export const loadsByPlan = (client: Client): boolean => LOADING.has(client.stage) || isBootpKernel(client)

const LOADING: ReadonlySet<Stage> = new Set(['firmware', 'ipxe', 'loader', 'http'])
