import { ipxeScript } from '../texts/ipxe-script.ts'
import { loaderConf } from '../texts/loader-conf.ts'
import { machineFile } from '../texts/machine-file.ts'
import { kernelVariables } from '../variables/kernel-variables.ts'
import type { Rule } from './rule.ts'

/**
 * Generates the text that a later stage will fetch, to refuse the boot at its start where the text cannot be
 * written. Throws those of machineFile.
 */
export const texts: Rule = {
  name: 'texts',
  apply(input, { handoff, text }) {
    if (input.client.stage === 'loader') return
    if (text !== undefined) machineFile(input, text)
    else if (handoff === 'arguments') ipxeScript(input)
    if (handoff === 'http') loaderConf(kernelVariables(input))
  },
}
