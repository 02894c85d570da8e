import type { Credential } from '../../../rpc/server/message.ts'
import { type Attributes, FILE_TYPE } from '../files/attributes.ts'

/** Permission bits of one class. */
export const PERMISSION = { execute: 1, write: 2, read: 4 } as const

/** ACCESS3_… (RFC 1813, section 3.3.4). */
const ACCESS = { read: 1, lookup: 2, modify: 4, extend: 8, execute: 32 } as const

/** Whether the file's mode lets the user do this; root may, but for executing what nobody can. */
export function isPermitted({ mode, uid, gid, type }: Attributes, user: Credential, wanted: number): boolean {
  if (user.uid === 0)
    return wanted !== PERMISSION.execute || type === FILE_TYPE.directory || (mode & 0o111) !== 0
  const shift = user.uid === uid ? 6 : user.gid === gid || user.groups.includes(gid) ? 3 : 0
  return ((mode >> shift) & wanted) === wanted
}

/** What NFS lets be read: also what is the user's own, or may be executed (section 4.4). */
export const canRead = (attributes: Attributes, user: Credential): boolean =>
  user.uid === attributes.uid ||
  isPermitted(attributes, user, PERMISSION.read) ||
  isPermitted(attributes, user, PERMISSION.execute)

/** What is written to is the client's: its devices, its own end of a pipe. */
const SPECIAL: readonly number[] = [FILE_TYPE.block, FILE_TYPE.character, FILE_TYPE.socket, FILE_TYPE.fifo]

/** Those of the bits in `wanted` that are granted; nothing that would write here is. */
export function grantedAccess(attributes: Attributes, user: Credential, wanted: number): number {
  const enter = attributes.type === FILE_TYPE.directory ? ACCESS.lookup : ACCESS.execute
  const write = SPECIAL.includes(attributes.type) ? ACCESS.modify | ACCESS.extend : 0
  const granted =
    (isPermitted(attributes, user, PERMISSION.read) ? ACCESS.read : 0) |
    (isPermitted(attributes, user, PERMISSION.write) ? write : 0) |
    (isPermitted(attributes, user, PERMISSION.execute) ? enter : 0)
  return granted & wanted
}
