import type { BootFile } from '../boot/files/boot-file.ts'
import { printable } from '../boot/files/path.ts'
import type { SessionEvent } from '../session/event.ts'
import { ERROR } from './packet.ts'
import type { Ending, Transfer } from './transfer.ts'

/** The event that tells how a transfer ended. `ms`: since the request came. */
export function report(
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

/** Size probes end with 8 (OVMF) or 0; FreeBSD's loader ends and rewinds files with 0. */
const isNormal = (code: number) => code === ERROR.undefined || code === ERROR.options
