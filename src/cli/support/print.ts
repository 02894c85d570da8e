import type { Command } from 'commander'
import { common } from './common.ts'

/** Standard error, for people: `be: …`. */
export const say = (line: string): void => {
  process.stderr.write(`be: ${line}\n`)
}

/** Standard output, for data. */
export const out = (text: string): void => {
  process.stdout.write(text === '' || text.endsWith('\n') ? text : `${text}\n`)
}

/** Standard output, for programs: indented JSON. */
export const outJson = (value: unknown): void => out(JSON.stringify(value, null, 2))

/** The result of a change: JSON for programs, or lines for people; nothing with -n. */
export function printDone(command: Command, result: object, ...lines: string[]): void {
  const { dryRun, json } = common(command)
  if (dryRun) return
  if (json) outJson(result)
  else for (const line of lines) say(line)
}
