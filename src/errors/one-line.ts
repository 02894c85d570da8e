import { visible } from './visible.ts'

/** Longest line, in characters: room for a path (PATH_MAX is 1024 on FreeBSD) and a program's message about it. */
const MAX_LENGTH = 2000

/** Text of unknown origin (a value, a program's output) as one line of limited length, safe to print on a terminal. */
export function oneLine(text: string): string {
  const line = visible(text.trim().replace(/\s*[\r\n\t]\s*/g, ' '))
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH - 1)}…` : line
}
