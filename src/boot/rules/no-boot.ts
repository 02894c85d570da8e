import { loadsByPlan, type Stage } from '../client.ts'
import type { Rule } from './rule.ts'

const WHO: Partial<Record<Stage, string>> = {
  os: 'an installed or running system asks',
  kernel: 'a kernel or its initial RAM disk asks',
  grub: 'GRUB asks, which has its own configuration',
  unknown: 'the client is no known firmware or loader',
}

/**
 * A client that loads nothing by its reply gets its network configuration. Where it may be a boot program it also gets
 * the server's address: GRUB and old U-Boots take siaddr for the server of files without one in their name.
 */
export const noBoot: Rule = {
  name: 'no-boot',
  apply({ client, mode, lab }, draft) {
    if (loadsByPlan(client)) return
    draft.silent = mode === 'proxy'
    if (client.stage !== 'os') draft.siaddr = lab.server
    draft.note('boot', `nothing: ${WHO[client.stage]}`)
    return 'stop'
  },
}
