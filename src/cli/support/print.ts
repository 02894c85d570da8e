import type { Command } from 'commander'
import { common } from './common.ts'

/** Prints a message to standard error: `be: …`. */
export const say = (line: string): void => {
  process.stderr.write(`be: ${line}\n`)
}

/** Prints a warning to standard error: `be: warning: …`. */
export const warn = (line: string): void => say(`warning: ${line}`)

/** Prints data to standard output. */
export const out = (text: string): void => {
  process.stdout.write(text === '' || text.endsWith('\n') ? text : `${text}\n`)
}

/** Prints indented JSON to standard output. */
export const outJson = (value: unknown): void => out(JSON.stringify(value, null, 2))

/** Prints the result of a change: with --json as JSON, else as messages; nothing with -n. */
export function printDone(command: Command, result: object, ...lines: string[]): void {
  const { dryRun, json } = common(command)
  if (dryRun) return
  if (json) outJson(result)
  else for (const line of lines) say(line)
}
