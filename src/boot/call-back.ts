import { BeError } from '../errors.ts'
import { type Variable, variableOptions } from './environment.ts'
import { needed } from './option-room.ts'
import { loaderVariables } from './parts.ts'
import type { CallBack, Draft, PlanInput } from './plan.ts'

/** How the system learns where to report that it is up: kenv(1), or words of /proc/cmdline. */
export const callBackVariables = (callback: CallBack | undefined): Variable[] =>
  callback === undefined
    ? []
    : [
        ['nbe.url', callback.url],
        ['nbe.session', callback.session],
      ]

/**
 * The call-back goes to FreeBSD's loader with its other variables, where there is room: a boot matters more than
 * word of it. HTTP and arguments carry it in their texts.
 */
export function callBack(input: PlanInput, draft: Draft): undefined {
  const { client, callback, be } = input
  if (callback === undefined) return
  if (client.stage === 'http' || (client.stage === 'ipxe' && draft.handoff === 'arguments')) {
    draft.callback = callback
    return
  }
  if (client.stage !== 'loader' || be!.kind !== 'freebsd') return
  try {
    const variables = [...loaderVariables(input, draft.handoff!), ...callBackVariables(callback)]
    const options = variableOptions(variables)
    const others = draft.options.filter(([code]) => code < FIRST)
    const bytes = needed(client, [...others, ...options])
    if (bytes > client.optionRoom) {
      return leaveOut(
        draft,
        `the reply would need ${bytes} bytes of options, and may have ${client.optionRoom}`,
      )
    }
    for (const [code, value] of options) draft.option(code, value)
    draft.note('call-back', callback.url)
    draft.callback = callback
  } catch (error) {
    if (!(error instanceof BeError)) throw error
    leaveOut(draft, error.message)
  }
}

/** Of the options that loader variables travel in. */
const FIRST = 246

function leaveOut(draft: Draft, why: string): undefined {
  draft.note('call-back', `left out: ${why}`)
  draft.callback = { leftOut: why }
}
