import type { Settings } from '../config/schema.ts'
import type { TftpLimits } from '../tftp/limits.ts'

/** The limits of the TFTP server from the settings, but for tftp.transfers (capacityOf). */
export const tftpLimits = (settings: Settings): Omit<TftpLimits, 'maxTransfers'> => ({
  maxBlockSize: settings['tftp.blksize'],
  maxWindow: settings['tftp.window'],
  maxPerClient: settings['tftp.perclient'],
  cacheBytes: settings['tftp.cache'] * 2 ** 20,
})
