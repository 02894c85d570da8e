import { visible } from '../errors/visible.ts'
import type { SessionEvent } from './event.ts'

/**
 * The line that shows an event: local time, machine (else MAC, else address), stage, event, BE, then `key=value…`; `-`
 * for what is absent. The first five fields contain no blanks, so that `cut -d' '` works on them.
 *
 * `2026-11-22T21:46:03.123+01:00 m1 loader dhcp:ack fb141 ip=192.168.2.7 file=boot/loader.efi`
 */
export function format(event: SessionEvent & { time?: string; machine?: string }): string {
  const { ip, level, detail = {} } = event
  const time = event.time === undefined ? localTime(new Date()) : local(event.time)
  let line = `${time} ${column(event.machine ?? event.mac ?? ip)}`
  line += ` ${column(event.stage)} ${column(event.event)} ${column(event.be)}`
  if (level === 'warn' || level === 'error') line += ` level=${level}`
  if (ip !== undefined && !('ip' in detail)) line += ` ip=${field(ip)}`
  for (const key in detail) {
    const value = detail[key]
    if (value !== undefined) line += ` ${field(key)}=${field(String(value))}`
  }
  return line
}

/** The last result of `local`: many events have the same millisecond. */
let latest: [time: string, local: string] = ['', '']

function local(time: string): string {
  if (time !== latest[0]) latest = [time, localTime(new Date(time))]
  return latest[1]
}

/** A field with its blanks escaped. */
const column = (text: string | undefined): string => {
  const one = field(text)
  return one.includes(' ') ? one.replaceAll(' ', '\\x20') : one
}

/** ISO 8601 in the local time zone, with its offset: `2026-11-22T21:46:03.123+01:00`. */
export function localTime(at: Date): string {
  if (Number.isNaN(at.getTime())) return '-'
  const offset = -at.getTimezoneOffset()
  const local = new Date(at.getTime() + offset * 60_000).toISOString().slice(0, -1)
  const two = (n: number) => String(Math.floor(n)).padStart(2, '0')
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`
}

/** `text` as one field: quoted where it could be taken for something else, control characters escaped. */
function field(text: string | undefined): string {
  if (text === undefined) return '-'
  if (USUAL.test(text) && text !== '-') return text
  const plain = text !== '' && text !== '-' && /^[^\s"\\=]+$/u.test(text) && !CONTROL.test(text)
  if (plain) return text
  return `"${visible(text.replace(/["\\]/g, '\\$&'))}"`
}

/** Printable ASCII except blank, `"`, `=` and `\`: nearly every field, for which this test is enough. */
const USUAL = /^[!#-<>-[\]-~]+$/

/** Control, format (bidirectional), surrogate, private and unassigned characters. */
const CONTROL = /\p{C}/u
