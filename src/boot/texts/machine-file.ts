import { chooseHandoff } from '../choose-handoff.ts'
import type { PlanInput } from '../plan-input.ts'
import { kernelVariables } from '../variables/kernel-variables.ts'
import { ipxeScript } from './ipxe-script.ts'
import { loaderConf } from './loader-conf.ts'

/**
 * The text of a virtual file in a machine's tree (`/m/<mac>/<path>`): boot.ipxe, and boot/loader.conf.local
 * where the handoff is by HTTP. Undefined for any other path, or when there is nothing to boot.
 */
export function machineFile(input: PlanInput, path: string): string | undefined {
  if (input.be === undefined || input.root === undefined) return undefined
  if (path === 'boot.ipxe') return ipxeScript(input)
  const wanted = path === 'boot/loader.conf.local' && input.be.kind === 'freebsd'
  return wanted && chooseHandoff(input).handoff === 'http' ? loaderConf(kernelVariables(input)) : undefined
}
