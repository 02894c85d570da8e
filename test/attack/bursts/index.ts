import type { Burst } from '../attack.ts'
import { discoverStorm } from './discover-storm.ts'
import { halfRecords } from './half-records.ts'
import { informToNobody } from './inform-to-nobody.ts'
import { listDirectory, missingFiles, readsToNobody } from './list-directory.ts'
import { slowHeaders } from './slow-headers.ts'
import { tftpTimeouts } from './tftp-timeouts.ts'
import { unreadFiles } from './unread-files.ts'
import { idleConnections, unreadReplies } from './unread-replies.ts'

/** All attacks, by name. */
export const BURSTS: Readonly<Record<string, Burst>> = {
  'INFORMs of unused addresses': informToNobody,
  'DISCOVERs of 12,000 machines': discoverStorm,
  'TFTP requests of unused addresses with timeout=255': tftpTimeouts,
  'slow HTTP headers': slowHeaders,
  'files by HTTP that nobody reads': unreadFiles,
  'NFS: lists of a directory of 20,000 names': listDirectory,
  'NFS: names and handles that are not there': missingFiles,
  'NFS: reads by addresses that nobody has': readsToNobody,
  'NFS: replies that are not read': unreadReplies,
  'NFS: half records': halfRecords,
  'NFS: connections without calls': idleConnections,
}
