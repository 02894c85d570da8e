import type { Burst } from '../attack.ts'
import { discoverStorm } from './discover-storm.ts'
import { informToNobody } from './inform-to-nobody.ts'
import { slowHeaders } from './slow-headers.ts'
import { tftpTimeouts } from './tftp-timeouts.ts'
import { unreadFiles } from './unread-files.ts'

/** All attacks, by name. */
export const BURSTS: Readonly<Record<string, Burst>> = {
  'INFORMs of unused addresses': informToNobody,
  'DISCOVERs of 12,000 machines': discoverStorm,
  'TFTP requests of unused addresses with timeout=255': tftpTimeouts,
  'slow HTTP headers': slowHeaders,
  'files by HTTP that nobody reads': unreadFiles,
}
