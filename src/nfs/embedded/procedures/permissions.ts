import type { Credential } from '../../../rpc/server/message.ts'
import { type Attributes, TYPE } from '../files/attributes.ts'

/** Permission bits of one class. */
export const MAY = { execute: 1, write: 2, read: 4 } as const

/** ACCESS3_… (RFC 1813, section 3.3.4). */
const ACCESS = { read: 1, lookup: 2, modify: 4, extend: 8, execute: 32 } as const

/** Whether the file's mode lets the user do this; root may, but for executing what nobody can. */
export function may({ mode, uid, gid, type }: Attributes, user: Credential, wanted: number): boolean {
  if (user.uid === 0) return wanted !== MAY.execute || type === TYPE.directory || (mode & 0o111) !== 0
  const shift = user.uid === uid ? 6 : user.gid === gid || user.groups.includes(gid) ? 3 : 0
  return ((mode >> shift) & wanted) === wanted
}

/** What NFS lets be read: also what is the user's own, or may be executed (section 4.4). */
export const mayRead = (attributes: Attributes, user: Credential): boolean =>
  user.uid === attributes.uid || may(attributes, user, MAY.read) || may(attributes, user, MAY.execute)

/** What is written to is the client's: its devices, its own end of a pipe. */
const SPECIAL: readonly number[] = [TYPE.block, TYPE.character, TYPE.socket, TYPE.fifo]

/** Those of the bits in `wanted` that are granted; nothing that would write here is. */
export function accessOf(attributes: Attributes, user: Credential, wanted: number): number {
  const enter = attributes.type === TYPE.directory ? ACCESS.lookup : ACCESS.execute
  const write = SPECIAL.includes(attributes.type) ? ACCESS.modify | ACCESS.extend : 0
  const granted =
    (may(attributes, user, MAY.read) ? ACCESS.read : 0) |
    (may(attributes, user, MAY.write) ? write : 0) |
    (may(attributes, user, MAY.execute) ? enter : 0)
  return granted & wanted
}
