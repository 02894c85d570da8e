import type { Transport } from './programs.ts'
import { XdrWriter } from './xdr.ts'

/** Portmapper version 2 (RFC 1833, section 3): port, procedures, and the encoding of a mapping. */

export const PORTMAP_PORT = 111

export const PORTMAP_PROCEDURE = { NULL: 0, SET: 1, UNSET: 2, GETPORT: 3, DUMP: 4 } as const

/** `prot` of a mapping. */
export const IPPROTO: Record<Transport, number> = { tcp: 6, udp: 17 }

/** A program that a portmapper lists. */
export interface Registration {
  program: number
  version: number
  transport: Transport
  port: number
}

/** Arguments of GETPORT, SET and UNSET; only SET uses the port. */
export const encodeMapping = (program: number, version: number, protocol: Transport, port = 0): Buffer =>
  new XdrWriter().uint32(program).uint32(version).uint32(IPPROTO[protocol]).uint32(port).bytes()
