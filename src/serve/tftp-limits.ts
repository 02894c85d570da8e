import type { Settings } from '../config/schema.ts'
import type { TftpLimits } from '../tftp/limits.ts'

/** The limits of the TFTP server from the settings. */
export const tftpLimits = (settings: Settings): TftpLimits => ({
  maxBlockSize: settings['tftp.blksize'],
  maxWindow: settings['tftp.window'],
  maxTransfers: settings['tftp.transfers'],
  maxPerClient: settings['tftp.perclient'],
  cacheBytes: settings['tftp.cache'] * 2 ** 20,
})
