import { spawn } from 'node:child_process'
import { basename, dirname, join } from 'node:path'
import { BeError } from '../../errors/errors.ts'
import { fileError } from '../../host/files.ts'
import { detectPlatform } from '../../host/platform.ts'
import { startError } from '../../host/run.ts'
import { inDirectory } from './walk.ts'

/** Last bytes of stderr that are kept. */
const STDERR_BYTES = 64 * 1024

/**
 * Runs a program, without a time limit, whose working directory is the directory `path` of a tree: it inherits that open
 * directory, and no path that could lead elsewhere by the time that it starts. Resolves with what it wrote to stderr if
 * it failed, else undefined. Throws BE_PROGRAM_MISSING and system errors of the walk.
 */
export function runInDirectory(root: string, path: string, argv: string[]): Promise<string | undefined> {
  const [program, ...args] = argv as [string, ...string[]]
  const child = inDirectory(
    root,
    path,
    () =>
      spawn(program, args, {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, LC_ALL: 'C', PATH: absolutePath(), PWD: undefined },
      }),
    { follow: 'none' },
  )
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => {
    stderr = (stderr + data).slice(-STDERR_BYTES)
  })
  return new Promise((resolve, reject) => {
    child.once('error', error => reject(startError(error, program, detectPlatform())))
    child.once('close', status => resolve(status === 0 ? undefined : stderr.trim() || `${program} failed`))
  })
}

/** PATH without directories that are relative to the working one: programs of the tree would be run. */
const absolutePath = (): string | undefined =>
  process.env.PATH?.split(':')
    .filter(dir => dir.startsWith('/'))
    .join(':')

/** Removes a tree, whose path and the directory that it is in are the host's. Not an error when there is none. Throws BE_FILE_REMOVE. */
export const removeTree = (path: string): Promise<void> =>
  remove(dirname(path), '', ['rm', '-rf', '--', basename(path)], path)

/**
 * Removes what is in the directory `path` of a tree, except these names. By find(1) and rm(1), which know names as bytes,
 * and neither follow links nor go by paths. Throws BE_FILE_REMOVE.
 */
export function removeContents(root: string, path: string, kept: readonly string[]): Promise<void> {
  const others = kept.flatMap(name => ['!', '-name', name.replace(/[\\*?[\]]/g, '\\$&')])
  const argv = [
    'find',
    '.',
    '-mindepth',
    '1',
    '-maxdepth',
    '1',
    ...others,
    '-exec',
    'rm',
    '-rf',
    '--',
    '{}',
    '+',
  ]
  return remove(root, path, argv, join(root, path))
}

async function remove(root: string, path: string, argv: string[], what: string): Promise<void> {
  const failure = await runInDirectory(root, path, argv).catch(error => {
    throw error instanceof BeError ? error : fileError(error, 'remove', what)
  })
  if (failure !== undefined) throw fileError(new Error(failure.split('\n', 1)[0]), 'remove', what)
}
