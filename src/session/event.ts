/**
 * One thing that happened on some machine's way from first DISCOVER to running OS. Services hand
 * events to an `Emit`; the session log orders, prints and stores them.
 */
export interface SessionEvent {
  /** `layer:what`, e.g. `dhcp:discover`, `dhcp:offer`, `tftp:done`, `http:get`, `nfs:mount`, `wol:sent`. */
  event: string
  level?: 'debug' | 'info' | 'warn' | 'error'
  /** Lower-case, colons. Absent only when nobody can tell (a malformed packet). */
  mac?: string
  /** The client's address, when it has one. */
  ip?: string
  /** Client stage: firmware, ipxe, loader, http, os. */
  stage?: string
  be?: string
  /** Anything else, printed as `key=value` in this order. */
  detail?: Record<string, string | number | boolean | undefined>
}

export type Emit = (event: SessionEvent) => void
