import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** Files beyond this number (about 10 MB) are those of earlier versions of the program: all are removed. */
const MOST_FILES = 3000

/**
 * Has Node keep the compiled code of all modules that are loaded from now on, which saves half of the time of a short
 * command: in /var/cache/nbe as root, else in nbe of the user's cache directory. NODE_COMPILE_CACHE names another
 * directory, NODE_DISABLE_COMPILE_CACHE=1 turns it off. Without a directory that is ours alone nothing is kept.
 */
export function keepCompiledCode(dir = cacheDirectory(), mostFiles = MOST_FILES): void {
  if (module.getCompileCacheDir() !== undefined) return
  if (!isPrivate(dir)) return
  module.enableCompileCache(dir)
  const files = module.getCompileCacheDir() // one for each version of Node, in `dir`
  if (files !== undefined && countFiles(files) > mostFiles) rmSync(dir, { recursive: true, force: true })
}

const cacheDirectory = (): string =>
  process.getuid?.() === 0
    ? '/var/cache/nbe'
    : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'nbe')

/** Whether this is a directory that only we can write to; makes it if it is missing. Code from it is run. */
function isPrivate(dir: string): boolean {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const found = lstatSync(dir)
    return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0
  } catch {
    return false
  }
}

function countFiles(dir: string): number {
  try {
    return readdirSync(dir).length
  } catch {
    return 0 // Node makes it later
  }
}
