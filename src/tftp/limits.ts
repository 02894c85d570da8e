import type { OptionLimits } from './options.ts'

/** How much a TFTP server takes on. */
export interface TftpLimits extends OptionLimits {
  /** Transfers at once, in all; requests beyond are not answered, and clients ask again. */
  maxTransfers: number
  /** Transfers at once for one address; a further one ends that which was silent for longest. */
  maxPerClient: number
  /** Memory for files that are being sent, in bytes. */
  cacheBytes: number
}

/** What holds where nothing else is said. */
export const TFTP_LIMITS: TftpLimits = {
  maxBlockSize: 1468,
  maxWindow: 64,
  maxTransfers: 2000,
  maxPerClient: 64,
  cacheBytes: 64 * 1024 * 1024,
}
