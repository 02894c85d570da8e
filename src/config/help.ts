import { flagOf, KEYS, variableOf } from './schema.ts'

/** Every setting for a person: its name, its flag, its variable; what it means; an example or its default. */
export function settingsHelp(): string {
  return Object.entries(KEYS)
    .map(([name, { doc, shown }]) => {
      const head = `${name.padEnd(16)} ${flagOf(name).padEnd(18)} ${variableOf(name)}`
      return `${head}\n    ${doc}${shown === '' ? '' : ` (as: ${shown})`}\n`
    })
    .join('')
}
