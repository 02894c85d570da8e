import { proxyVendorOptions } from '../options/pxe.ts'
import type { Rule } from './rule.ts'

/** PXE 2.1: firmware takes an offer without an address for a boot server's when option 60 is PXEClient. */
export const proxyOffer: Rule = {
  name: 'proxy-offer',
  apply({ client, mode, lab }, draft) {
    if (mode !== 'proxy' || client.stage === 'http' || client.board !== undefined) return
    draft.setOption(60, 'PXEClient')
    draft.setOption(43, proxyVendorOptions(lab.server))
  },
}
