import type { Rule } from './rule.ts'

const ASSIGNED_BY = { once: 'this once', machine: "this machine's", default: 'the default' }

/**
 * The boot environment that this machine is assigned; without one there is nothing to boot. FreeBSD's loader
 * gets no proxy offer, which it would follow with RARP (stand/libsa/bootp.c). Throws `problem` of the input.
 */
export const assignment: Rule = {
  name: 'assignment',
  apply({ client, mode, be, assignedBy, problem }, draft) {
    if (client.stage === 'loader' && mode === 'proxy') {
      draft.silent = true
      draft.note('boot', "nothing: FreeBSD's loader takes no proxy offer")
      return 'stop'
    }
    if (problem !== undefined) throw problem
    if (be === undefined) {
      draft.silent = mode === 'proxy'
      draft.note('boot', 'nothing: no boot environment is assigned, and there is no default')
      return 'stop'
    }
    draft.note('boot environment', `${be.name} (${ASSIGNED_BY[assignedBy ?? 'default']})`)
    return
  },
}
