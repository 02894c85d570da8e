import type { Command } from 'commander'
import { KEYS, type KeyName } from '../config/schema.ts'
import { visible } from '../errors/visible.ts'
import { readSettings } from '../lab/settings.ts'
import { type Appliance, openAppliance } from '../verbs/appliance.ts'

/** The options that every command takes. */
export interface Common {
  dryRun: boolean
  scripted: boolean
  json: boolean
}

/** Standard error, for people: `be: …`. */
export const say = (line: string): void => {
  process.stderr.write(`be: ${line}\n`)
}

/** Standard output, for data. */
export const out = (text: string): void => {
  process.stdout.write(text === '' || text.endsWith('\n') ? text : `${text}\n`)
}

/** What was done: JSON for programs, or a line for people; nothing where it only would be (`-n`). */
export function tellDone(command: Command, done: object, ...lines: string[]): void {
  const { dryRun, json } = common(command)
  if (dryRun) return
  if (json) out(JSON.stringify(done, null, 2))
  else for (const line of lines) say(line)
}

export function common(command: Command): Common {
  const { dryRun = false, scripted = false, json = false } = command.optsWithGlobals()
  return { dryRun, scripted, json }
}

/** The settings that this command line, the environment and be.toml come to. */
export async function settingsOf(command: Command) {
  const given = command.optsWithGlobals() as Record<string, string | undefined>
  const flags: Partial<Record<KeyName, string>> = {}
  for (const name of Object.keys(KEYS) as KeyName[]) {
    const value = given[camel(name)]
    if (value !== undefined) flags[name] = value
  }
  return readSettings({
    flags,
    environment: process.env,
    ...(given.config !== undefined && { config: given.config }),
  })
}

/** Opens the appliance, does the work, and closes it whatever happens. */
export async function withAppliance<T>(command: Command, work: (be: Appliance) => Promise<T>): Promise<T> {
  const appliance = openAppliance(await settingsOf(command), { say, dryRun: common(command).dryRun })
  try {
    return await work(appliance)
  } finally {
    appliance.close()
  }
}

/** commander's name for `--lab-pool`: `labPool`. */
const camel = (name: string): string => name.replace(/\.(.)/, (_, letter: string) => letter.toUpperCase())

/**
 * Rows as a table for people, or tab-separated without a header for scripts. What a guest said of itself may be
 * in a cell: it moves no column and commands no terminal.
 */
export function table(cells: string[][], header: string[], scripted: boolean): string {
  const rows = cells.map(row => row.map(visible))
  if (scripted) return rows.map(row => `${row.join('\t')}\n`).join('')
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  return all
    .map(
      row =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('')
}
