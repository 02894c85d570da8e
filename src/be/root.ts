import { dirname } from 'node:path'
import { makeDirectory } from '../host/directory.ts'

/**
 * Makes the directory of the boot environments if it is missing, for its owner alone: programs in a tree that are setuid
 * root would be so for the users of this host. NFS clients do not look up the directories above an export. Throws system
 * errors.
 */
export function makeRoot(path: string): void {
  makeDirectory(dirname(path), 0o755)
  makeDirectory(path, 0o700)
}
