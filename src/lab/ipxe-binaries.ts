import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { PlanInput } from '../boot/plan-input.ts'

/** File names of iPXE as packages and admins install it, by firmware or architecture, preferred ones first. */
const NAMES = {
  bios: ['undionly.kpxe', 'undionly.pxe', 'ipxe.pxe'],
  amd64: ['snponly.efi', 'ipxe.efi', 'ipxe.efi-x86_64', 'snponly.efi-x86_64'],
  arm64: ['snponly-arm64.efi', 'ipxe-arm64.efi', 'ipxe.efi-arm64'],
  i386: ['snponly-i386.efi', 'ipxe-i386.efi', 'ipxe.efi-i386'],
  armv7: ['snponly-armv7.efi', 'ipxe-armv7.efi', 'ipxe-arm32.efi', 'ipxe.efi-arm32'],
  riscv64: ['snponly-riscv64.efi', 'ipxe-riscv64.efi', 'ipxe.efi-riscv64'],
  loongarch64: ['snponly-loongarch64.efi', 'ipxe-loongarch64.efi', 'ipxe.efi-loong64'],
} as const

/** The iPXE binaries in the directories that are served: for each machine type the first name that one of them has. */
export async function findIpxe(directories: readonly string[]): Promise<PlanInput['ipxe']> {
  const found: PlanInput['ipxe'] = {}
  for (const [machine, names] of Object.entries(NAMES)) {
    for (const name of names) {
      const present = await Promise.all(directories.map(directory => isReadable(join(directory, name))))
      if (!present.includes(true)) continue
      found[machine as keyof typeof NAMES] = name
      break
    }
  }
  return found
}

const isReadable = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
