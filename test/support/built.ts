import { chmodSync, cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { buildInto } from '../../scripts/build.ts'

const CHECKOUT = resolve(import.meta.dirname, '../..')

/** Tells the processes that tests start where the package is. Not NBE_…, which are settings. */
const VARIABLE = 'TESTED_PACKAGE'

/**
 * The package as npm installs it, built once for each run of the tests. Commands of tests are run from it: they start
 * ten times faster than from the sources. Loaded by .mocharc.json.
 */
const PACKAGE = process.env[VARIABLE] ?? (await build())

/** The program `be`. */
export const BE = join(PACKAGE, 'dist/cli/main.js')

async function build(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'nbe-package-'))
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
  chmodSync(dir, 0o755)
  for (const name of ['package.json', 'pxe', 'guest']) {
    cpSync(join(CHECKOUT, name), join(dir, name), { recursive: true })
  }
  await buildInto(join(dir, 'dist'))
  process.env[VARIABLE] = dir
  process.env.NODE_COMPILE_CACHE = join(dir, 'cache')
  return dir
}
