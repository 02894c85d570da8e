import type { CallBack, LabFacts } from '../plan-input.ts'
import type { Variable } from './variable.ts'

/** Where systems on this network report that they are up. */
export const callBackUrl = ({ server, httpPort }: LabFacts): string => `http://${server}:${httpPort}/s`

/** The call-back as variables, which the system reads from kenv(1) or /proc/cmdline. */
export const callBackVariables = (callback: CallBack | undefined): Variable[] =>
  callback === undefined
    ? []
    : [
        ['nbe.url', callback.url],
        ['nbe.session', callback.session],
      ]
