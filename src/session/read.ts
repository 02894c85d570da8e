import { type FileHandle, open } from 'node:fs/promises'
import { errno } from '../errors/errors.ts'
import { fileError } from '../host/files.ts'
import { matches, parseRecord, type RecordFilter, type SessionRecord } from './record.ts'

const CHUNK = 64 * 1024

/** Longer lines were not written by this program and are skipped. */
const LONGEST_LINE = 1024 * 1024

/** Reads the complete lines of a growing file, from where the last read stopped; a line without its end is kept. */
export class LineReader {
  readonly #file: FileHandle
  readonly #buffer = Buffer.alloc(CHUNK)
  #position = 0
  #partial: Buffer = Buffer.alloc(0)

  constructor(file: FileHandle) {
    this.#file = file
  }

  /** Offset of the next read, in bytes. */
  get position(): number {
    return this.#position
  }

  /** Lines up to the present end of the file. */
  async *lines(): AsyncGenerator<string> {
    for (;;) {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, CHUNK, this.#position)
      if (bytesRead === 0) return
      this.#position += bytesRead
      yield* this.#split(this.#buffer.subarray(0, bytesRead))
    }
  }

  *#split(chunk: Buffer): Generator<string> {
    let data = Buffer.concat([this.#partial, chunk])
    for (let newline = data.indexOf(0x0a); newline >= 0; newline = data.indexOf(0x0a)) {
      yield data.toString('utf8', 0, newline)
      data = data.subarray(newline + 1)
    }
    this.#partial = data.length > LONGEST_LINE ? Buffer.alloc(0) : Buffer.from(data)
  }
}

/** Opens a log file; undefined when there is none. Throws BE_FILE_PERMISSION, BE_FILE_READ. */
export async function openLog(path: string): Promise<FileHandle | undefined> {
  return open(path, 'r').catch(error => {
    if (errno(error) === 'ENOENT') return undefined
    throw fileError(error, 'read', path)
  })
}

/**
 * The records of a log that match, oldest first, from `FILE.1` and `FILE`; with `last` only that many of the newest.
 * Lines that are no records are skipped. No log: no records.
 */
export async function* readRecords(
  path: string,
  filter: RecordFilter & { last?: number } = {},
): AsyncGenerator<SessionRecord> {
  // The current file is opened first: if it is rotated now, `.1` is the same file, and is recognized as that.
  await using current = await openLog(path)
  const all = history(path, current, current && new LineReader(current), filter)
  yield* filter.last === undefined ? all : await takeLast(all, filter.last)
}

/** The records of `FILE.1`, then those of `current`, read by `reader` up to its present end. */
export async function* history(
  path: string,
  current: FileHandle | undefined,
  reader: LineReader | undefined,
  filter: RecordFilter,
): AsyncGenerator<SessionRecord> {
  await using older = await openLog(`${path}.1`)
  const same = current && older && (await current.stat()).ino === (await older.stat()).ino
  if (older !== undefined && !same) yield* recordsOf(new LineReader(older), filter)
  if (reader !== undefined) yield* recordsOf(reader, filter)
}

/** The records that match, up to the present end of the file. */
export async function* recordsOf(reader: LineReader, filter: RecordFilter): AsyncGenerator<SessionRecord> {
  for await (const line of reader.lines()) {
    const record = parseRecord(line)
    if (record !== undefined && matches(record, filter)) yield record
  }
}

/** The last `count` items. */
export async function takeLast<T>(items: AsyncIterable<T>, count: number): Promise<T[]> {
  const kept: T[] = []
  for await (const item of items) {
    kept.push(item)
    if (kept.length > count) kept.shift()
  }
  return kept
}

/** Bytes at the end of the log that hold its last minute, even when a whole lab boots at once. */
const TAIL = 1 << 20

/** The last records of a log: those of its last megabyte. No log: none. */
export async function readTail(path: string): Promise<SessionRecord[]> {
  await using file = await openLog(path)
  if (file === undefined) return []
  const from = Math.max(0, (await file.stat()).size - TAIL)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL), 0, TAIL, from)
  const lines = buffer.toString('utf8', 0, bytesRead).split('\n')
  // The first line may be cut at its beginning; it is no record then.
  return lines.flatMap(line => parseRecord(line) ?? [])
}
