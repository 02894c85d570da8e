import type { Command } from 'commander'

/** The options that every command takes. */
export interface Common {
  dryRun: boolean
  scripted: boolean
  json: boolean
}

export function common(command: Command): Common {
  const { dryRun = false, scripted = false, json = false } = command.optsWithGlobals()
  return { dryRun, scripted, json }
}
