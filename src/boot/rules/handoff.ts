import { chooseHandoff } from '../choose-handoff.ts'
import type { Rule } from './rule.ts'

/** How the loader hands its root over to the kernel. Throws BE_HANDOFF. */
export const handoff: Rule = {
  name: 'handoff',
  apply(input, draft) {
    const { handoff, why } = chooseHandoff(input)
    draft.handoff = handoff
    draft.note('handoff', `${handoff}: ${why}`)
  },
}
