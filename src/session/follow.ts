import { watch } from 'node:fs'
import { type FileHandle, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { history, LineReader, openLog, recordsOf, takeLast } from './read.ts'
import type { RecordFilter, SessionRecord } from './record.ts'

export interface FollowOptions extends RecordFilter {
  /** Ends the iteration. */
  signal?: AbortSignal
  /** How often to check for changes (ms) on a file system that reports none (NFS). */
  pollMs?: number
  /** How many of the existing records come first; default 0, Infinity for all. */
  last?: number
}

/** The records of a log as they are written (`be log -f`). Waits for a log that does not exist yet; follows rotation. */
export async function* follow(path: string, options: FollowOptions = {}): AsyncGenerator<SessionRecord> {
  const changes = new ChangeWatcher(path, options.pollMs ?? 1000, options.signal)
  let file = await openLog(path)
  try {
    let reader = file && new LineReader(file)
    yield* await takeLast(history(path, file, reader, options), options.last ?? 0)
    while (!changes.ended) {
      changes.rearm()
      // Checked before reading: all that the old file got until it was rotated is read then.
      const moved = await isMoved(path, file, reader?.position ?? 0)
      if (reader !== undefined) yield* recordsOf(reader, options)
      if (moved) {
        await file?.close()
        file = await openLog(path)
        reader = file && new LineReader(file)
        if (file !== undefined) continue
      }
      await changes.next()
    }
  } finally {
    await file?.close()
    changes.close()
  }
}

/** Whether `path` is now another file than the open one, or was truncated. */
async function isMoved(path: string, file: FileHandle | undefined, position: number): Promise<boolean> {
  const there = await stat(path).catch(() => undefined)
  if (there === undefined) return false
  const own = await file?.stat()
  return own === undefined || own.ino !== there.ino || own.dev !== there.dev || there.size < position
}

/** Waits for changes in the directory of the log, at most `pollMs` for each. */
class ChangeWatcher {
  readonly #pollMs: number
  readonly #signal: AbortSignal | undefined
  readonly #close: () => void
  readonly #notify = () => {
    this.#changed = true
    this.#wake?.()
  }
  #changed = false
  #wake: (() => void) | undefined

  constructor(path: string, pollMs: number, signal: AbortSignal | undefined) {
    this.#pollMs = pollMs
    this.#signal = signal
    this.#close = watchFor(path, this.#notify)
    signal?.addEventListener('abort', this.#notify)
  }

  get ended(): boolean {
    return this.#signal?.aborted === true
  }

  /** Changes from now on end the next `next()` at once. */
  rearm(): void {
    this.#changed = false
  }

  async next(): Promise<void> {
    if (this.#changed || this.ended) return
    let timer: NodeJS.Timeout | undefined
    await new Promise<void>(done => {
      this.#wake = done
      timer = setTimeout(done, this.#pollMs)
    })
    clearTimeout(timer)
    this.#wake = undefined
  }

  close(): void {
    this.#signal?.removeEventListener('abort', this.#notify)
    this.#close()
  }
}

/** Watches the directory, since the file may not exist or may be replaced. Without fs.watch() only polling is left. */
function watchFor(path: string, changed: () => void): () => void {
  const name = basename(path)
  try {
    const watcher = watch(dirname(path), (_, file) => {
      if (file === null || file === name) changed()
    })
    watcher.on('error', () => watcher.close())
    return () => watcher.close()
  } catch {
    return () => {}
  }
}
