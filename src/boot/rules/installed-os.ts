import type { Rule } from './rule.ts'

/** An installed or running system gets its network configuration and nothing to boot. */
export const installedOs: Rule = {
  name: 'installed-os',
  apply({ client, mode }, draft) {
    if (client.stage !== 'os') return
    draft.silent = mode === 'proxy'
    draft.note('boot', 'nothing: an installed or running system asks')
    return 'stop'
  },
}
