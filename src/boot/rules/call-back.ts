import { BeError } from '../../errors/errors.ts'
import type { Draft } from '../draft.ts'
import { spaceNeeded } from '../options/option-space.ts'
import { variableOptions } from '../options/variable-options.ts'
import type { CallBack, PlanInput } from '../plan-input.ts'
import { callBackVariables } from '../variables/call-back.ts'
import { identityVariables, loaderVariables } from '../variables/loader-variables.ts'
import type { Variable } from '../variables/variable.ts'
import type { Rule } from './rule.ts'

/**
 * The call-back. FreeBSD's loader gets it with its other variables, if they fit: otherwise the names (nbe.be,
 * nbe.machine) are left out, then the call-back itself. The texts that others fetch contain it.
 */
export const callBack: Rule = {
  name: 'call-back',
  apply(input, draft) {
    const { client, callback, be } = input
    if (callback === undefined) return
    if (
      client.stage === 'http' ||
      draft.text !== undefined ||
      (client.stage === 'ipxe' && draft.handoff === 'arguments')
    ) {
      draft.callback = callback
    } else if (client.stage === 'loader' && be!.kind === 'freebsd') sendAsVariables(input, callback, draft)
  },
}

function sendAsVariables(input: PlanInput, callback: CallBack, draft: Draft): void {
  const names = new Set(identityVariables(input).map(([name]) => name))
  const all = [...loaderVariables(input, draft.handoff!), ...callBackVariables(callback)]
  const nameless = all.filter(([name]) => !names.has(name))
  const obstacle = whyNotSent(input, draft, nameless)
  if (obstacle === undefined) {
    draft.variables = whyNotSent(input, draft, all) === undefined ? all : nameless
    draft.callback = callback
    draft.note('call-back', callback.url)
  } else {
    draft.callback = { leftOut: obstacle }
    draft.note('call-back', `left out: ${obstacle}`)
  }
}

/** Why these variables cannot be added to the reply so far; undefined when they can. */
function whyNotSent({ client }: PlanInput, draft: Draft, variables: Variable[]): string | undefined {
  try {
    const bytes = spaceNeeded(client, [...draft.options, ...variableOptions(variables)])
    if (bytes <= client.optionSpace) return undefined
    return `the reply would need ${bytes} bytes of options, and may have ${client.optionSpace}`
  } catch (error) {
    if (!(error instanceof BeError)) throw error
    return error.message
  }
}
