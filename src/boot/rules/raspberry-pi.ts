import { raspberryPiOptions } from '../options/pxe.ts'
import type { Rule } from './rule.ts'

/**
 * A Raspberry Pi's firmware takes a server only from an offer with the menu item "Raspberry Pi Boot", whether it has an
 * address or is a proxy's. The names of the files are its own.
 */
export const raspberryPi: Rule = {
  name: 'raspberry-pi',
  apply({ client, lab, be }, draft) {
    if (client.board !== 'raspberry-pi') return
    draft.siaddr = lab.server
    draft.setOption(60, 'PXEClient')
    draft.setOption(43, raspberryPiOptions())
    if (be!.kind === 'linux') draft.text = 'cmdline.txt'
    draft.note('files', `those that a Raspberry Pi asks for, from ${be!.name} or pxe.dir`)
  },
}
