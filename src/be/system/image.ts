import type { Arch } from '../be.ts'

/** Bytes of a file that `readImage` needs: the headers are in the first pages. */
export const IMAGE_HEAD = 16 * 1024

/** What the header of an executable, a kernel or an EFI program says. */
export interface Image {
  format: 'elf' | 'pe' | 'bzimage' | 'arm64'
  arch?: Arch
  /** EI_OSABI is ELFOSABI_FREEBSD. */
  freebsd?: boolean
}

/** e_machine (ELF gABI): EM_386, EM_ARM, EM_X86_64, EM_AARCH64; of 64 bits EM_RISCV, EM_LOONGARCH. */
const ELF_MACHINES: Record<number, Arch> = { 3: 'i386', 40: 'armv7', 62: 'amd64', 183: 'arm64' }
const ELF64_MACHINES: Record<number, Arch> = { 243: 'riscv64', 258: 'loongarch64' }

/** IMAGE_FILE_HEADER.Machine (Microsoft PE Format, "Machine types"); UEFI has THUMB for 32-bit ARM. */
const PE_MACHINES: Record<number, Arch> = {
  332: 'i386',
  34404: 'amd64',
  43620: 'arm64',
  450: 'armv7',
  452: 'armv7',
  20580: 'riscv64',
  25188: 'loongarch64',
}

const ELFCLASS64 = 2

const ELFOSABI_FREEBSD = 9

/** Parses the first bytes of a file, decompressing gzip; undefined for other formats and truncated headers. */
export function readImage(head: Buffer): Image | undefined {
  const bytes = head[0] === 0x1f && head[1] === 0x8b ? gunzipStart(head) : head
  return readElf(bytes) ?? readPe(bytes) ?? readBzImage(bytes) ?? readArm64(bytes)
}

function gunzipStart(head: Buffer): Buffer {
  try {
    // SYNC_FLUSH: the input is only the beginning of the stream; no error for that.
    // Loaded when it is needed: be list starts faster without.
    const { constants, gunzipSync } = process.getBuiltinModule('node:zlib')
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1 << 20 })
  } catch {
    return Buffer.alloc(0)
  }
}

function readElf(bytes: Buffer): Image | undefined {
  if (bytes.length < 20 || bytes.readUInt32BE(0) !== 0x7f454c46) return undefined
  const data = bytes[5]
  if (data !== 1 && data !== 2) return undefined
  const machine = data === 1 ? bytes.readUInt16LE(18) : bytes.readUInt16BE(18)
  const arch = ELF_MACHINES[machine] ?? (bytes[4] === ELFCLASS64 ? ELF64_MACHINES[machine] : undefined)
  return { format: 'elf', arch, freebsd: bytes[7] === ELFOSABI_FREEBSD }
}

function readPe(bytes: Buffer): Image | undefined {
  if (bytes.length < 0x40 || bytes.toString('latin1', 0, 2) !== 'MZ') return undefined
  const at = bytes.readUInt32LE(0x3c)
  if (at + 6 > bytes.length || bytes.readUInt32BE(at) !== 0x50450000) return undefined
  return { format: 'pe', arch: PE_MACHINES[bytes.readUInt16LE(at + 4)] }
}

/**
 * Linux on x86 without an EFI stub (Documentation/arch/x86/boot.rst): "HdrS" at 0x202, the protocol's
 * version at 0x206, and from 2.12 on XLF_KERNEL_64 in xloadflags at 0x236.
 */
function readBzImage(bytes: Buffer): Image | undefined {
  if (bytes.length < 0x238 || bytes.toString('latin1', 0x202, 0x206) !== 'HdrS') return undefined
  if (bytes.readUInt16LE(0x206) < 0x20c) return { format: 'bzimage' }
  return { format: 'bzimage', arch: (bytes.readUInt16LE(0x236) & 1) === 1 ? 'amd64' : 'i386' }
}

/** Linux on arm64 without an EFI stub (Documentation/arch/arm64/booting.rst): "ARM\x64" at 56. */
function readArm64(bytes: Buffer): Image | undefined {
  if (bytes.length < 60 || bytes.toString('latin1', 56, 60) !== 'ARM\x64') return undefined
  return { format: 'arm64', arch: 'arm64' }
}
