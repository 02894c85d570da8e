import type { SessionEvent } from './event.ts'

/** An event in the log: one JSON object on one line of sessions.jsonl. */
export interface SessionRecord extends SessionEvent {
  /** ISO 8601, UTC, milliseconds: sorts as text. */
  time: string
  /** Name of the machine, where the inventory knows the MAC. */
  machine?: string
}

/** Characters that JSON does not escape and a terminal may act upon: C1, bidirectional controls, separators. */
const UNSAFE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g

/** The line of a record, newline included; control characters, which packets may contain, are escaped. */
export function serialize(record: SessionRecord): string {
  const json = JSON.stringify(record)
  return `${json.replace(UNSAFE, c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)}\n`
}

/** The record on a line; undefined when the line is cut or no record. */
export function parseRecord(line: string): SessionRecord | undefined {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { time, event } = value as Record<string, unknown>
  if (typeof event !== 'string' || typeof time !== 'string') return undefined
  return Number.isNaN(Date.parse(time)) ? undefined : (value as SessionRecord)
}

/** Which records to read. */
export interface RecordFilter {
  /** Name (any case) or MAC (lower case, colons). */
  machine?: string
  /** Milliseconds since the epoch. */
  since?: number
  /** Without records of level debug: those that are normal and frequent. */
  terse?: boolean
}

export function matches(record: SessionRecord, { machine, since, terse }: RecordFilter): boolean {
  if (terse === true && record.level === 'debug') return false
  if (since !== undefined && Date.parse(record.time) < since) return false
  if (machine === undefined || record.mac === machine) return true
  return record.machine?.toLowerCase() === machine.toLowerCase()
}
