import { nfsLine } from '../../be/system/fstab.ts'
import type { PlanInput } from '../plan-input.ts'
import { kernelVariables } from '../variables/kernel-variables.ts'
import { grubEntry } from './grub-script.ts'
import { ipxeScript } from './ipxe-script.ts'
import { loaderConf } from './loader-conf.ts'

/** Texts that start a boot environment, by the KIND of `be emit KIND BE`. */
export const LAUNCH_TEXTS: Record<string, (input: PlanInput) => string> = {
  'loader-env': input => loaderConf(kernelVariables(input)),
  fstab,
  ipxe: ipxeScript,
  grub: grubEntry,
}

/** The root's line for the boot environment's own etc/fstab. */
function fstab({ be, root, readOnly, nfsOptions }: PlanInput): string {
  const kind = be!.kind === 'linux' ? 'linux' : 'freebsd'
  return `${nfsLine({ kind, server: root!.server, readOnly, nfsOptions }, root!.path, '/')}\n`
}
