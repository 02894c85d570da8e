import type { BeError } from '../errors/errors.ts'
import { fileError, temporaryPath } from './files.ts'
import type { Host } from './host.ts'
import { mountOf, mountTable } from './mount-table.ts'
import type { Platform } from './platform.ts'
import { endingOf, type Run } from './run.ts'

/** Files of another computer by POSIX tools: none of our software has to be installed there. */

const TIMEOUT_MS = 30_000

/**
 * Writes stdin to a temporary file, checks its length (a connection that is cut looks like the end of the input), syncs
 * and renames it. $1 the file, $2 the temporary file, $3 the mode, $4 the length in bytes.
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

/** Exit status of the scripts below when there is no such file. */
const NONE = 44
/** A dot after the text keeps run() from cutting the last newline. */
const READ = `[ -e "$1" ] || [ -L "$1" ] || exit ${NONE}
cat -- "$1" && printf .`

const LIST = `[ -d "$1" ] || exit ${NONE}
ls -A -- "$1"`

const REAL = `[ -e "$1" ] || exit ${NONE}
realpath -- "$1"`

/** A host on which `run` runs programs. */
export function remoteHost(name: string, platform: Platform, run: Run, close: () => Promise<void>): Host {
  const script = (text: string, args: string[], input?: string) =>
    run(['sh', '-c', text, 'sh', ...args], { timeoutMs: TIMEOUT_MS, ...(input !== undefined && { input }) })

  /** Undefined when the script says that there is no such file. */
  async function orNone<T>(result: Promise<T>, path: string): Promise<T | undefined> {
    try {
      return await result
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
      const args = [path, temporaryPath(path), mode.toString(8), String(Buffer.byteLength(text))]
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

/** Messages of the tools (strerror(3), in the C locale) → error codes of Node. */
const CODES: [RegExp, string][] = [
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
  const code = CODES.find(([message]) => message.test(stderr))?.[1]
  const last = stderr.trimEnd().split('\n').at(-1)!
  return fileError(Object.assign(new Error(last), { code }), verb, `${name}:${path}`)
}
