/**
 * Run by a test in a mount namespace of its own: mounts something in the BE `a` of the store argv[2], tries to destroy
 * the BE by force, and prints the error as JSON.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DirectoryStore } from '../../../src/be/directory/store.ts'
import type { BeError } from '../../../src/errors/errors.ts'

const [root, what, home] = process.argv.slice(2) as [string, string, string]
if (what === 'bind') {
  mkdirSync(join(root, 'a/x y'))
  execFileSync('mount', ['--bind', home, join(root, 'a/x y')])
} else {
  execFileSync('mount', ['-t', 'tmpfs', 'none', join(root, 'a')])
}
const error = await new DirectoryStore(root).destroy('a', { force: true }).then(
  () => undefined,
  (error: BeError) => error,
)
console.log(JSON.stringify({ code: error?.code, line: error?.line }))
