/** Headers of executables as linkers write them. */

/** ELF header of 64 bits (little endian): e_machine at 18, EI_OSABI at 7. */
export function elf(machine: number, { osabi = 0, bigEndian = false } = {}): Buffer {
  const head = Buffer.alloc(64)
  head.set([0x7f, 0x45, 0x4c, 0x46, machine === 3 ? 1 : 2, bigEndian ? 2 : 1, 1, osabi])
  if (bigEndian) head.writeUInt16BE(machine, 18)
  else head.writeUInt16LE(machine, 18)
  return head
}

/** DOS header, and at `at` the PE header of an EFI program. */
export function pe(machine: number, at = 0x80): Buffer {
  const head = Buffer.alloc(at + 24)
  head.write('MZ')
  head.writeUInt32LE(at, 0x3c)
  head.write('PE\0\0', at)
  head.writeUInt16LE(machine, at + 4)
  return head
}

/** Linux setup header without an EFI stub. */
export function bzImage(version: number, xloadflags: number): Buffer {
  const head = Buffer.alloc(1024)
  head.write('HdrS', 0x202)
  head.writeUInt16LE(version, 0x206)
  head.writeUInt16LE(xloadflags, 0x236)
  return head
}
