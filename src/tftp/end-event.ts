import type { BootFile } from '../boot/files/boot-file.ts'
import { printable } from '../boot/files/path.ts'
import type { SessionEvent } from '../session/event.ts'
import { ERROR } from './packet.ts'
import type { Ending, Transfer } from './transfer.ts'

/** The event for the end of a transfer. `ms`: time since the request was received. */
export function endEvent(
  ip: string,
  file: BootFile,
  transfer: Transfer,
  ending: Ending,
  ms: number,
): SessionEvent {
  const name = { file: printable(file.path) }
  switch (ending.how) {
    case 'done': {
      const { window, retransmits } = transfer.flow
      const unacknowledged = ending.unacknowledged || undefined
      const detail = {
        bytes: file.size,
        blksize: transfer.blockSize,
        window,
        retransmits,
        ms,
        unacknowledged,
      }
      return { event: 'tftp:done', level: 'info', ip, detail: { ...name, ...detail } }
    }
    case 'abort': {
      const detail = { code: ending.code, message: printable(ending.message) }
      return {
        event: 'tftp:abort',
        level: isNormal(ending.code) ? 'debug' : 'info',
        ip,
        detail: { ...name, ...detail },
      }
    }
    case 'failed': {
      const sent = { acked: Math.max(0, transfer.flow.acked), blocks: transfer.flow.last }
      return { event: 'tftp:failed', level: 'warn', ip, detail: { ...name, why: ending.why, ...sent, ms } }
    }
    case 'ended':
      return { event: 'tftp:ended', level: 'debug', ip, detail: { ...name, why: ending.why } }
  }
}

/** OVMF ends a size probe with 8, others with 0; FreeBSD's loader closes and rewinds files with 0. */
const isNormal = (code: number) => code === ERROR.undefined || code === ERROR.options
