import { BeError } from '../../errors/errors.ts'
import type { Draft } from '../draft.ts'
import { bePath } from '../files/tree-paths.ts'
import type { Rule } from './rule.ts'

/** Longest root-path that the loader keeps (stand/common/dev_net.c). */
const LONGEST = 127

/**
 * The root file system, for FreeBSD's loader alone: by NFS as `ip:/path`, the one form that every generation of
 * the loader takes. Throws BE_ROOT_PATH_LONG.
 */
export const rootPath: Rule = {
  name: 'root-path',
  apply({ client, be, root, lab }, draft) {
    if (client.stage !== 'loader' || be!.kind !== 'freebsd') return
    const path =
      draft.handoff === 'tftp' ? `tftp://${lab.server}${bePath(be!.name)}` : `${root!.server}:${root!.path}`
    rootPathOption(path, draft)
  },
}

/** Throws BE_ROOT_PATH_LONG. */
export function rootPathOption(path: string, draft: Draft): void {
  if (Buffer.byteLength(path) > LONGEST) {
    throw new BeError('BE_ROOT_PATH_LONG', `root-path ${path}`, {
      expected: `at most ${LONGEST} bytes (stand/common/dev_net.c)`,
      hint: 'shorten be.root or the name of the boot environment',
    })
  }
  draft.setOption(17, path)
  draft.note('root-path', path)
}
