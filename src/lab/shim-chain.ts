import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { PlanInput } from '../boot/plan-input.ts'

/** The shim for an architecture, and the GRUB that it starts, from the directory that it was loaded from. */
const CHAINS = {
  amd64: ['shimx64.efi', 'grubx64.efi'],
  arm64: ['shimaa64.efi', 'grubaa64.efi'],
} as const

/** The shims in pxe.dir whose GRUB is beside them: firmware with Secure Boot starts these two, and no iPXE. */
export async function findShim(pxeDir: string): Promise<NonNullable<PlanInput['shim']>> {
  const found: PlanInput['shim'] = {}
  for (const [arch, files] of Object.entries(CHAINS)) {
    const present = await Promise.all(files.map(file => isReadable(join(pxeDir, file))))
    if (present.every(Boolean)) found[arch as keyof typeof CHAINS] = files[0]
  }
  return found
}

const isReadable = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  )
