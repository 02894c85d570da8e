import { BeError } from '../errors/errors.ts'
import { type Variable, variableOptions } from './environment.ts'
import { needed } from './option-room.ts'
import { identity, loaderVariables } from './parts.ts'
import type { CallBack, Draft, LabFacts, PlanInput } from './plan.ts'

/** Where systems of this network report that they are up. */
export const callBackUrl = ({ server, httpPort }: LabFacts): string => `http://${server}:${httpPort}/s`

/** How the system learns where to report that it is up: kenv(1), or words of /proc/cmdline. */
export const callBackVariables = (callback: CallBack | undefined): Variable[] =>
  callback === undefined
    ? []
    : [
        ['nbe.url', callback.url],
        ['nbe.session', callback.session],
      ]

/**
 * The call-back goes to FreeBSD's loader with its other variables, where there is room: for want of it the names
 * that the machine is told stay out, then the call-back itself; a boot matters more than word of it. HTTP and
 * arguments carry it in their texts.
 */
export function callBack(input: PlanInput, draft: Draft): undefined {
  const { client, callback, be } = input
  const { handoff } = draft
  if (callback === undefined) return
  if (client.stage === 'http' || (client.stage === 'ipxe' && handoff === 'arguments')) {
    draft.callback = callback
  } else if (client.stage === 'loader' && be!.kind === 'freebsd') inOptions(input, callback, draft)
}

function inOptions(input: PlanInput, callback: CallBack, draft: Draft): void {
  const names = new Set(identity(input).map(([name]) => name))
  const all = [...loaderVariables(input, draft.handoff!), ...callBackVariables(callback)]
  const nameless = all.filter(([name]) => !names.has(name))
  const why = obstacle(input, draft, nameless)
  if (why === undefined) {
    draft.variables = obstacle(input, draft, all) === undefined ? all : nameless
    draft.callback = callback
    draft.note('call-back', callback.url)
  } else {
    draft.callback = { leftOut: why }
    draft.note('call-back', `left out: ${why}`)
  }
}

/** Why this client cannot take these variables on top of what is in its reply already. */
function obstacle({ client }: PlanInput, draft: Draft, variables: Variable[]): string | undefined {
  try {
    const bytes = needed(client, [...draft.options, ...variableOptions(variables)])
    if (bytes <= client.optionRoom) return undefined
    return `the reply would need ${bytes} bytes of options, and may have ${client.optionRoom}`
  } catch (error) {
    if (!(error instanceof BeError)) throw error
    return error.message
  }
}
