import { type XdrReader, XdrWriter } from './xdr.ts'

/** MOUNT version 3 (RFC 1813, appendix I): procedures, limits and the encoding of MNT. */

export const MOUNT_PROCEDURE = { NULL: 0, MNT: 1, DUMP: 2, UMNT: 3, UMNTALL: 4, EXPORT: 5 } as const

/** Longest path, in bytes. */
export const MNTPATHLEN = 1024

/** Longest file handle, in bytes. */
export const FHSIZE3 = 64

/** What MNT grants (mountres3_ok). */
export interface Mounted {
  /** 1 to 64 bytes. */
  handle: Buffer
  /** RPC security flavours that the export admits: 0 none, 1 sys, 390003 and up Kerberos. */
  flavours: number[]
}

/** Arguments of MNT and UMNT. */
export const encodePath = (path: string): Buffer => new XdrWriter().string(path).bytes()

/** mountres3_ok, which follows the status. Throws BE_XDR_MALFORMED. */
export function decodeMounted(reader: XdrReader): Mounted {
  const handle = reader.opaque(FHSIZE3)
  const count = reader.uint32()
  const flavours: number[] = []
  for (let i = 0; i < count; i++) flavours.push(reader.uint32())
  return { handle, flavours }
}
