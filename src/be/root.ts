import { chmodSync, chownSync, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { makeDirectory } from '../host/directory.ts'

/**
 * Makes the directory of the boot environments if it is missing, for its owner alone: programs in a tree that are setuid
 * root would be so for the users of this host. NFS clients do not look up the directories above an export. `readers`: the
 * group that may look into it, to list and check boot environments (state.group). Throws system errors.
 */
export function makeRoot(path: string, readers?: number): void {
  if (existsSync(path)) return
  makeDirectory(dirname(path), 0o755)
  makeDirectory(path, 0o700)
  if (readers === undefined || process.getuid?.() !== 0) return
  chownSync(path, -1, readers)
  chmodSync(path, 0o750)
}
