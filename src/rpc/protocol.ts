/** Constants of ONC RPC version 2 that client and server share (RFC 5531, section 9). */

export const RPC_VERSION = 2

/** msg_type. */
export const MESSAGE_TYPE = { call: 0, reply: 1 } as const

/** reply_stat. */
export const REPLY_STAT = { accepted: 0, denied: 1 } as const

/** reject_stat. */
export const REJECT_STAT = { rpcMismatch: 0, authError: 1 } as const

/** accept_stat. */
export const ACCEPT_STAT = {
  success: 0,
  programUnavailable: 1,
  programMismatch: 2,
  procedureUnavailable: 3,
  garbageArguments: 4,
  systemError: 5,
} as const

/** auth_flavor. */
export const AUTH_NONE = 0
export const AUTH_SYS = 1

/** Longest body of a credential or verifier (opaque_auth), in bytes. */
export const AUTH_MAX = 400
