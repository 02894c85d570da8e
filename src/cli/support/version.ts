import { readFileSync } from 'node:fs'

/** The version in package.json, at the top of a checkout and in the installed package alike. */
export const version = (): string =>
  JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version
