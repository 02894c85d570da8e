import { variableOptions } from '../options/variable-options.ts'
import { loaderVariables as variablesFor } from '../variables/loader-variables.ts'
import type { Rule } from './rule.ts'

/** The variables of FreeBSD's loader, in options 246 to 254. Throws BE_VARIABLE, BE_VARIABLES_FULL. */
export const loaderVariables: Rule = {
  name: 'loader-variables',
  apply(input, draft) {
    if (input.client.stage !== 'loader' || input.be!.kind !== 'freebsd') return
    if (draft.variables.length === 0) draft.variables = variablesFor(input, draft.handoff!)
    for (const [code, value] of variableOptions(draft.variables)) {
      draft.setOption(code, value)
      draft.note(`option ${code}`, String(value))
    }
  },
}
