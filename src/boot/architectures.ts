import type { Arch } from '../be/be.ts'

/** What a client of an architecture type can start. */
export interface Platform {
  firmware: 'bios' | 'uefi'
  arch: Arch
}

type Row = readonly [name: string, firmware?: Platform['firmware'], arch?: Arch]

/**
 * IANA's registry "Processor Architecture Types" (RFC 5970; option 93 of RFC 4578), by number. Types without firmware
 * are refused by name: no boot environment has a loader for them, or the program that loads it takes none of ours.
 * U-Boot starts EFI programs (bootefi).
 */
const TYPES: readonly Row[] = [
  ['x86 BIOS', 'bios', 'amd64'],
  ['NEC/PC98'],
  ['Itanium'],
  ['DEC Alpha'],
  ['Arc x86'],
  ['Intel Lean Client'],
  ['x86 UEFI', 'uefi', 'i386'],
  ['x64 UEFI', 'uefi', 'amd64'],
  ['EFI Xscale'],
  // RFC 4578 gave 7 to EBC and 9 to x64, so that PCs announce either.
  ['EBC', 'uefi', 'amd64'],
  ['ARM 32-bit UEFI', 'uefi', 'armv7'],
  ['ARM 64-bit UEFI', 'uefi', 'arm64'],
  ['PowerPC Open Firmware'],
  ['PowerPC ePAPR'],
  ['POWER OPAL v3'],
  ['x86 UEFI boot from HTTP', 'uefi', 'i386'],
  ['x64 UEFI boot from HTTP', 'uefi', 'amd64'],
  ['EBC boot from HTTP', 'uefi', 'amd64'],
  ['ARM 32-bit UEFI boot from HTTP', 'uefi', 'armv7'],
  ['ARM 64-bit UEFI boot from HTTP', 'uefi', 'arm64'],
  // pxeboot needs the PXE services that such firmware does not have.
  ['PC/AT BIOS boot from HTTP'],
  ['ARM 32-bit U-Boot', 'uefi', 'armv7'],
  ['ARM 64-bit U-Boot', 'uefi', 'arm64'],
  ['ARM 32-bit U-Boot boot from HTTP', 'uefi', 'armv7'],
  ['ARM 64-bit U-Boot boot from HTTP', 'uefi', 'arm64'],
  ['RISC-V 32-bit UEFI'],
  ['RISC-V 32-bit UEFI boot from HTTP'],
  ['RISC-V 64-bit UEFI', 'uefi', 'riscv64'],
  ['RISC-V 64-bit UEFI boot from HTTP', 'uefi', 'riscv64'],
  ['RISC-V 128-bit UEFI'],
  ['RISC-V 128-bit UEFI boot from HTTP'],
  ['s390 Basic'],
  ['s390 Extended'],
  ['MIPS 32-bit UEFI'],
  ['MIPS 64-bit UEFI'],
  ['Sunway 32-bit UEFI'],
  ['Sunway 64-bit UEFI'],
  ['LoongArch 32-bit UEFI'],
  ['LoongArch 32-bit UEFI boot from HTTP'],
  ['LoongArch 64-bit UEFI', 'uefi', 'loongarch64'],
  ['LoongArch 64-bit UEFI boot from HTTP', 'uefi', 'loongarch64'],
  ['ARM rpiboot'],
]

/** The architectures that have firmware which is served. */
export const SERVED_ARCHES: readonly Arch[] = [...new Set(TYPES.flatMap(([, , arch]) => arch ?? []))]

/** What firmware of this type starts; undefined for one that is refused. */
export function platformOf(type: number): Platform | undefined {
  const [, firmware, arch] = TYPES[type] ?? []
  return firmware === undefined || arch === undefined ? undefined : { firmware, arch }
}

/** `27, RISC-V 64-bit UEFI`. */
export const archTypeName = (type: number): string =>
  `${type}, ${TYPES[type]?.[0] ?? 'which IANA has not assigned'}`

/** Of the types that a client announces, the first one that can be served, else the first. */
export const chooseArchType = (types: readonly number[]): number | undefined =>
  types.find(type => platformOf(type) !== undefined) ?? types[0]
