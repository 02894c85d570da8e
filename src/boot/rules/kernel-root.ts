import { rootPathOption } from './root-path.ts'
import type { Rule } from './rule.ts'

/** The root file system of a FreeBSD kernel with options BOOTP and BOOTP_NFSROOT, which mounts it itself. */
export const kernelRoot: Rule = {
  name: 'kernel-root',
  apply(input, draft) {
    if (input.client.stage !== 'kernel') return
    draft.silent = input.mode === 'proxy'
    draft.siaddr = input.lab.server
    if (input.be!.kind === 'freebsd') rootPathOption(`${input.root!.server}:${input.root!.path}`, draft)
    return 'stop'
  },
}
