/** One event in the boot of a machine. Services pass events to an `Emit`; the session log stores and prints them. */
export interface SessionEvent {
  /** `layer:what`, e.g. `dhcp:discover`, `dhcp:offer`, `tftp:done`, `http:get`, `nfs:handle`, `wol:sent`. */
  event: string
  level?: 'debug' | 'info' | 'warn' | 'error'
  /** Lower-case, colons. Absent when it is not known (a malformed packet). */
  mac?: string
  /** The client's address, if it has one. */
  ip?: string
  /** Client stage (STAGES of boot/client.ts). */
  stage?: string
  be?: string
  /** Further fields, printed as `key=value` in this order. */
  detail?: Record<string, string | number | boolean | undefined>
}

export type Emit = (event: SessionEvent) => void
