import { randomBytes } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { BeError } from '../errors/errors.ts'
import { fileError } from './files.ts'
import type { Host } from './host.ts'
import { mountOf, mountTable } from './mount-table.ts'
import type { Platform } from './platform.ts'
import { endingOf, type Run } from './run.ts'

/** Files of another computer, by plain POSIX tools: nothing of ours has to be there. */

const TIMEOUT_MS = 30_000

/**
 * Input goes beside the file, is counted (a connection that is cut in the middle looks like its end), synced,
 * and renamed: $1 the file, $2 the temporary, $3 the mode, $4 the length in bytes.
 */
const WRITE = `set -e
trap 'rm -f -- "$2"' EXIT
umask 077
cat >"$2"
[ "$(wc -c <"$2")" -eq "$4" ] || { echo 'the input was cut' >&2; exit 1; }
chmod "$3" "$2"
if command -v fsync >/dev/null; then fsync "$2"; else sync "$2"; fi
mv -f -- "$2" "$1"
sync`

const REMOVE = `set -e
rm -f -- "$1"
sync`

/** The status says that there is none; the text ends with a dot, which keeps its newlines from being cut. */
const NONE = 44
const READ = `[ -e "$1" ] || [ -L "$1" ] || exit ${NONE}
cat -- "$1" && printf .`

const LIST = `[ -d "$1" ] || exit ${NONE}
ls -A -- "$1"`

const REAL = `[ -e "$1" ] || exit ${NONE}
realpath -- "$1"`

/** A host of which only this is known: how to run programs there. */
export function remoteHost(name: string, platform: Platform, run: Run, close: () => Promise<void>): Host {
  const script = (text: string, args: string[], input?: string) =>
    run(['sh', '-c', text, 'sh', ...args], { timeoutMs: TIMEOUT_MS, ...(input !== undefined && { input }) })

  async function orNone<T>(asked: Promise<T>, path: string): Promise<T | undefined> {
    try {
      return await asked
    } catch (error) {
      if (endingOf(error)?.status === NONE) return undefined
      throw remoteError(error, 'read', name, path)
    }
  }

  const host: Host = {
    name,
    local: false,
    platform,
    run,
    async readIfThere(path) {
      return (await orNone(script(READ, [path]), path))?.stdout.slice(0, -1)
    },
    async writeAtomic(path, text, mode = 0o644) {
      const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`)
      const args = [path, temporary, mode.toString(8), String(Buffer.byteLength(text))]
      await script(WRITE, args, text).catch(error => {
        throw remoteError(error, 'write', name, path)
      })
    },
    async removeFile(path) {
      await script(REMOVE, [path]).catch(error => {
        throw remoteError(error, 'remove', name, path)
      })
    },
    async makeDirectory(path, mode) {
      await script('umask 022; mkdir -p -m "$2" -- "$1"', [path, mode.toString(8)]).catch(error => {
        throw remoteError(error, 'write', name, path)
      })
    },
    async list(path) {
      const listed = await orNone(script(LIST, [path]), path)
      return (listed?.stdout ?? '').split('\n').filter(entry => entry !== '')
    },
    async realPath(path) {
      return (await orNone(script(REAL, [path]), path))?.stdout
    },
    async mountedAt(path) {
      const real = await host.realPath(path)
      return real === undefined ? undefined : mountOf(await mountTable(host), real)
    },
    close,
  }
  return host
}

/** What the tools say (strerror(3), in the C locale), as Node's codes of the same. */
const SAID: [RegExp, string][] = [
  [/No space left on device/, 'ENOSPC'],
  [/quota exceeded/i, 'EDQUOT'],
  [/Read-only file system/, 'EROFS'],
  [/Permission denied/, 'EACCES'],
  [/Operation not permitted/, 'EPERM'],
  [/Not a directory/, 'ENOTDIR'],
  [/Is a directory/, 'EISDIR'],
  [/No such file or directory|nonexistent/i, 'ENOENT'],
]

function remoteError(error: unknown, verb: 'read' | 'write' | 'remove', name: string, path: string): BeError {
  const stderr = endingOf(error)?.stderr
  if (stderr === undefined) return error as BeError
  const code = SAID.find(([words]) => words.test(stderr))?.[1]
  const last = stderr.trimEnd().split('\n').at(-1)!
  return fileError(Object.assign(new Error(last), { code }), verb, `${name}:${path}`)
}
