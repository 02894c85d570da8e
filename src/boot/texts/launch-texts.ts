import { nfsLine } from '../../be/system/fstab.ts'
import { BeError } from '../../errors/errors.ts'
import { shellQuote } from '../../host/shell-word.ts'
import { bePath } from '../files/tree-paths.ts'
import type { PlanInput } from '../plan-input.ts'
import { requireAddress } from '../require-address.ts'
import { kernelVariables } from '../variables/kernel-variables.ts'
import { ipxeScript } from './ipxe-script.ts'
import { loaderConf } from './loader-conf.ts'

/** Texts that start a boot environment, by the KIND of `be emit KIND BE`. */
export const LAUNCH_TEXTS: Record<string, (input: PlanInput) => string> = {
  'loader-env': input => loaderConf(kernelVariables(input)),
  fstab,
  ipxe: ipxeScript,
  grub: grubConfig,
}

/** The root's line for the boot environment's own etc/fstab. */
function fstab({ be, root, readOnly, nfsOptions }: PlanInput): string {
  const kind = be!.kind === 'linux' ? 'linux' : 'freebsd'
  return `${nfsLine({ kind, server: root!.server, readOnly, nfsOptions }, root!.path, '/')}\n`
}

/**
 * A menu entry of GRUB that starts FreeBSD's kernel without its loader; under UEFI the kernel also needs
 * kFreeBSD.acpi.rsdp. Throws BE_EMIT_KIND for a Linux boot environment, BE_MACHINE_ADDRESS.
 */
function grubConfig(input: PlanInput): string {
  const { be, lab } = input
  const base = `(http,${lab.server}:${lab.httpPort})${bePath(be!.name)}`
  if (be!.kind === 'linux') {
    throw new BeError('BE_EMIT_KIND', `no GRUB text for ${be!.name}, which is Linux`, {
      expected: 'a FreeBSD boot environment',
      hint: `be emit ipxe ${be!.name}`,
    })
  }
  requireAddress(input)
  const lines = [
    `kfreebsd ${base}/${be!.boots.kernel ?? 'boot/kernel/kernel'}`,
    `kfreebsd_loadenv ${base}/boot/device.hints`,
    ...kernelVariables(input).map(([name, value]) => `set kFreeBSD.${name}=${shellQuote(value)}`),
  ]
  return `menuentry '${be!.name}' {\n${lines.map(line => `  ${line}\n`).join('')}}\n`
}
