import type { Command } from 'commander'
import { KEYS, type KeyName } from '../../config/schema.ts'
import { Lab } from '../../lab/lab.ts'
import { readSettings } from '../../lab/settings.ts'
import { common } from './common.ts'
import { say } from './print.ts'

/** The effective settings from this command line, the environment and be.toml. Throws as readSettings does. */
export async function settingsOf(command: Command) {
  const given = command.optsWithGlobals() as Record<string, string | undefined>
  const flags: Partial<Record<KeyName, string>> = {}
  for (const name of Object.keys(KEYS) as KeyName[]) {
    const value = given[camelCase(name)]
    if (value !== undefined) flags[name] = value
  }
  return readSettings({
    flags,
    environment: process.env,
    ...(given.config !== undefined && { config: given.config }),
  })
}

/** Does the work with the lab that the settings describe, and closes the lab. Throws as readSettings and the work do. */
export async function withLab<T>(command: Command, work: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = new Lab(await settingsOf(command), { say, dryRun: common(command).dryRun })
  try {
    return await work(lab)
  } finally {
    lab.close()
  }
}

/** commander's name for `--lab-pool`: `labPool`. */
const camelCase = (name: string): string => name.replace(/\.(.)/, (_, letter: string) => letter.toUpperCase())
