import type { Rule } from './rule.ts'

/** UEFI HTTP boot takes a reply only if option 60 is HTTPClient (UEFI 2.10, section 24.7). */
export const httpClient: Rule = {
  name: 'http-client',
  apply({ client }, draft) {
    if (client.stage !== 'http' || draft.file === undefined) return
    draft.setOption(60, 'HTTPClient')
    draft.setOption(67, draft.file)
  },
}
