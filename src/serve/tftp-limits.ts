import type { Settings } from '../config/schema.ts'
import type { TftpLimits } from '../tftp/limits.ts'

/** How much the TFTP server takes on, as the settings say. */
export const tftpLimits = (settings: Settings): TftpLimits => ({
  maxBlockSize: settings['tftp.blksize'],
  maxWindow: settings['tftp.window'],
  maxTransfers: settings['tftp.transfers'],
  maxPerClient: settings['tftp.perclient'],
  cacheBytes: settings['tftp.cache'] * 2 ** 20,
})
