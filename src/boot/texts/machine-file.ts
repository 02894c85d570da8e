import { chooseHandoff } from '../choose-handoff.ts'
import type { PlanInput } from '../plan-input.ts'
import { kernelVariables } from '../variables/kernel-variables.ts'
import { grubConfig } from './grub-script.ts'
import { ipxeScript } from './ipxe-script.ts'
import { piCommandLine } from './kernel-command-line.ts'
import { loaderConf } from './loader-conf.ts'

/** The virtual files in a machine's tree. */
export const MACHINE_FILES: readonly string[] = [
  'boot.ipxe',
  'grub.cfg',
  'cmdline.txt',
  'boot/loader.conf.local',
]

/**
 * The text of a virtual file in a machine's tree (`/m/<mac>/<path>`): boot.ipxe, grub.cfg, cmdline.txt for Linux, and
 * boot/loader.conf.local where the handoff is by HTTP. Undefined for any other path, or when there is nothing to boot.
 * Throws those of ipxeScript, grubConfig and loaderConf.
 */
export function machineFile(input: PlanInput, path: string): string | undefined {
  if (input.be === undefined || input.root === undefined) return undefined
  if (path === 'boot.ipxe') return ipxeScript(input)
  if (path === 'grub.cfg') return grubConfig(input)
  if (path === 'cmdline.txt') return input.be.kind === 'linux' ? piCommandLine(input) : undefined
  const wanted = path === 'boot/loader.conf.local' && input.be.kind === 'freebsd'
  return wanted && chooseHandoff(input).handoff === 'http' ? loaderConf(kernelVariables(input)) : undefined
}
