import { appliesTo } from '../options/conditional-option.ts'
import type { Rule } from './rule.ts'

/** The administrator's options of `dhcp.options`; the rules that follow overwrite them where a boot needs another value. */
export const ownOptions: Rule = {
  name: 'own-options',
  apply({ client, mode, machine, conditionalOptions = [] }, draft) {
    if (mode === 'proxy') return
    for (const item of conditionalOptions) {
      if (!appliesTo(item, client, machine?.name)) continue
      const [code, value] = item.option
      draft.setOption(code, value)
      draft.note(`option ${code}`, `0x${value.toString('hex')}`)
    }
  },
}
