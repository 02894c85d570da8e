import type { OptionLimits } from './options.ts'

/** Limits of the TFTP server. */
export interface TftpLimits extends OptionLimits {
  /** Transfers at a time; a further one ends the oldest that was never acknowledged, or is not answered. */
  maxTransfers: number
  /** The same for one address. */
  maxPerClient: number
  /** Memory (bytes) for the DATA packets of files that are being sent. */
  cacheBytes: number
}

/** The defaults. */
export const TFTP_LIMITS: TftpLimits = {
  maxBlockSize: 1468,
  maxWindow: 64,
  maxTransfers: 2000,
  maxPerClient: 64,
  cacheBytes: 64 * 1024 * 1024,
}
