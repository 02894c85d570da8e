import { ipxeScript } from '../texts/ipxe-script.ts'
import { loaderConf } from '../texts/loader-conf.ts'
import { kernelVariables } from '../variables/kernel-variables.ts'
import type { Rule } from './rule.ts'

/**
 * Generates the text that a later stage will fetch, to refuse the boot at its start where the text cannot be
 * written. Throws those of ipxeScript and loaderConf.
 */
export const texts: Rule = {
  name: 'texts',
  apply(input, { handoff }) {
    if (input.client.stage === 'loader') return
    if (handoff === 'arguments') ipxeScript(input)
    if (handoff === 'http') loaderConf(kernelVariables(input))
  },
}
