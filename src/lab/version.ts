import { readFileSync } from 'node:fs'
import { packageFile } from '../host/package.ts'

/** The version in package.json, at the top of a checkout and in the installed package alike. */
export const version = (): string => JSON.parse(readFileSync(packageFile('package.json'), 'utf8')).version
