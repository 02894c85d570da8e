import type { Credential } from '../../../rpc/server/message.ts'
import { type Attributes, FILE_TYPE } from '../files/attributes.ts'

/** Permission bits of one class: owner, group or others. */
export const PERMISSION = { execute: 1, write: 2, read: 4 } as const

/** ACCESS3_… (RFC 1813, section 3.3.4). */
const ACCESS = { read: 1, lookup: 2, modify: 4, extend: 8, execute: 32 } as const

/**
 * Whether the mode of a file grants the user a permission. Root has all of them, except to execute a file that
 * nobody may execute.
 */
export function isPermitted({ mode, uid, gid, type }: Attributes, user: Credential, wanted: number): boolean {
  if (user.uid === 0) {
    return wanted !== PERMISSION.execute || type === FILE_TYPE.directory || (mode & 0o111) !== 0
  }
  const shift = user.uid === uid ? 6 : user.gid === gid || user.groups.includes(gid) ? 3 : 0
  return ((mode >> shift) & wanted) === wanted
}

/** Whether READ is granted: also to the owner, and to those who may execute the file (section 4.4). */
export const canRead = (attributes: Attributes, user: Credential): boolean =>
  user.uid === attributes.uid ||
  isPermitted(attributes, user, PERMISSION.read) ||
  isPermitted(attributes, user, PERMISSION.execute)

/** Types that a client may write to although nothing changes here: the device or pipe is the client's own. */
const SPECIAL: readonly number[] = [FILE_TYPE.block, FILE_TYPE.character, FILE_TYPE.socket, FILE_TYPE.fifo]

/** The bits of `wanted` (ACCESS3_…) that are granted; none that would write to this server. */
export function grantedAccess(attributes: Attributes, user: Credential, wanted: number): number {
  const { type } = attributes
  const onExecute = type === FILE_TYPE.directory ? ACCESS.lookup : ACCESS.execute
  const onWrite = SPECIAL.includes(type) ? ACCESS.modify | ACCESS.extend : 0
  const granted =
    (isPermitted(attributes, user, PERMISSION.read) ? ACCESS.read : 0) |
    (isPermitted(attributes, user, PERMISSION.write) ? onWrite : 0) |
    (isPermitted(attributes, user, PERMISSION.execute) ? onExecute : 0)
  return granted & wanted
}
