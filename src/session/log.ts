import { constants } from 'node:fs'
import { type FileHandle, open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { errno, reason } from '../errors/errors.ts'
import { makeDirectory } from '../host/directory.ts'
import type { Clock } from '../net/net.ts'
import type { Emit, SessionEvent } from './event.ts'
import { type SessionRecord, serialize } from './record.ts'

export interface SessionLogOptions {
  /** `state.dir`; events go to `sessions.jsonl` there. */
  dir: string
  clock: Pick<Clock, 'now'>
  /** The name of the machine with this MAC. */
  machineOf?: (mac: string) => string | undefined
  /**
   * At this size in bytes the file is renamed to `sessions.jsonl.1`. Set in one process only, the service, which also holds
   * the file open: events are written even when no descriptor is left.
   */
  rotateAt?: number
  /** Whether there is room for a record in log and output; listeners get all records. */
  admits?: (record: SessionRecord) => boolean
  /** Gets the records that are admitted. */
  print?: (record: SessionRecord) => void
  /** Whether an admitted record is written to the file. */
  keeps?: (record: SessionRecord) => boolean
  /** Called when writing begins to fail, and again only after a write has succeeded in between. */
  onError?: (message: string) => void
}

/** Between two writes (ms): to write each event on its own would cost more than to answer the packet. */
const PAUSE_MS = 100

/** Between a failed write and the next try (ms). */
const RETRY_MS = 1000

/** Events kept in memory while writes fail; beyond this number the oldest are dropped. */
const MOST_WAITING = 10_000

const APPEND = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT

/** Errors of open(2): too many open files in this process, or in the system. */
const OUT_OF_DESCRIPTORS: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE'])

export const sessionsFile = (dir: string): string => join(dir, 'sessions.jsonl')

/** Adds time and machine name to events and appends them to the log: listeners get them at once, the file within 100 ms. */
export class SessionLog {
  readonly #options: SessionLogOptions
  readonly #file: string
  readonly #listeners = new Set<(record: SessionRecord) => void>()
  #waiting: SessionRecord[] = []
  #writing: Promise<void> | undefined
  #flushing = 0
  /** Ends the pause between two writes. */
  #wake = () => {}
  /** Whether the file may end in the middle of a line: of a killed process, or ours on a full disk. */
  #torn = true
  /** The time of the last event, and its text. */
  #now = Number.NaN
  #text = ''
  #failing = false
  /** The file, where it is held open. */
  #held: FileHandle | undefined

  constructor(options: SessionLogOptions) {
    this.#options = options
    this.#file = sessionsFile(options.dir)
  }

  /** Logs an event. Never throws, never waits. */
  readonly emit: Emit = event => {
    const record = this.#stamp(event)
    for (const listener of this.#listeners) listener(record)
    const { admits, print, keeps } = this.#options
    if (admits?.(record) === false) return
    print?.(record)
    if (keeps?.(record) === false) return
    if (this.#waiting.length >= MOST_WAITING) this.#waiting.shift()
    this.#waiting.push(record)
    this.#writing ??= new Promise<void>(setImmediate).then(() => this.#drain())
  }

  /** Calls `listener` with every event from now on, until the function that is returned is called. */
  listen(listener: (record: SessionRecord) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when the events so far have been written, or the write has failed. */
  async flush(): Promise<void> {
    this.#flushing++
    this.#wake()
    await this.#writing
    this.#flushing--
  }

  /** The same, then closes the file; to be called by the service at its end. */
  async close(): Promise<void> {
    await this.flush()
    await this.#held?.close()
    this.#held = undefined
  }

  #stamp(event: SessionEvent): SessionRecord {
    return { time: this.#time(), machine: this.#nameOf(event), mac: event.mac, ...event }
  }

  /** The text of the present time, made once a millisecond. */
  #time(): string {
    const now = Math.floor(this.#options.clock.now())
    if (now !== this.#now) [this.#now, this.#text] = [now, new Date(now).toISOString()]
    return this.#text
  }

  /** Undefined when the state cannot be read (locked, damaged): events are logged all the same. */
  #nameOf({ mac }: SessionEvent): string | undefined {
    try {
      return mac === undefined ? undefined : this.#options.machineOf?.(mac)
    } catch {
      return undefined
    }
  }

  async #drain(): Promise<void> {
    while (this.#waiting.length > 0) {
      const records = this.#waiting
      this.#waiting = []
      const error = await this.#append(records)
      this.#report(error)
      this.#waiting = [...records, ...this.#waiting].slice(-MOST_WAITING)
      if (this.#flushing === 0) await this.#pause(error === undefined ? PAUSE_MS : RETRY_MS)
      if (error !== undefined) break // the next event tries again
    }
    this.#writing = undefined
  }

  #report(error: unknown): void {
    const failed = error !== undefined
    if (failed && !this.#failing) this.#options.onError?.(`cannot write ${this.#file}: ${reason(error)}`)
    this.#failing = failed
  }

  #pause(ms: number): Promise<void> {
    return new Promise(done => {
      const timer = setTimeout(done, ms)
      this.#wake = () => {
        clearTimeout(timer)
        done()
      }
    })
  }

  /** Writes records, and removes from `records` those that were written. Answers the error that stopped it, if any. */
  async #append(records: SessionRecord[]): Promise<unknown> {
    const lines = Buffer.from(records.map(serialize).join(''))
    let written = 0
    try {
      await using opened = await this.#open()
      const { file } = opened
      while (written < lines.length) written += (await file.write(lines, written)).bytesWritten
      records.length = 0
      return undefined
    } catch (error) {
      this.#torn = true
      const whole = lines.toString('latin1', 0, written).split('\n').length - 1
      records.splice(0, whole)
      return error
    }
  }

  /** The file for one batch: another process may have rotated it since the last one. */
  async #open(): Promise<AsyncDisposable & { file: FileHandle }> {
    await this.#rotate()
    if (this.#torn) makeDirectory(this.#options.dir, 0o750)
    const holds = this.#options.rotateAt !== undefined
    const file = holds ? await this.#hold() : await open(this.#file, APPEND, 0o640)
    const close = async () => {
      if (!holds) await file.close()
    }
    try {
      if (this.#torn && (await endsTorn(file))) await file.write('\n')
      this.#torn = false
      return { file, [Symbol.asyncDispose]: close }
    } catch (error) {
      await close()
      throw error
    }
  }

  /** The file that is held open, or that of its name if it is another one and can be opened. */
  async #hold(): Promise<FileHandle> {
    const held = this.#held
    if (held !== undefined && (await isAt(held, this.#file))) return held
    try {
      this.#held = await open(this.#file, APPEND, 0o640)
    } catch (error) {
      if (held !== undefined && OUT_OF_DESCRIPTORS.has(errno(error) ?? '')) return held
      throw error
    }
    await held?.close()
    return this.#held
  }

  async #rotate(): Promise<void> {
    const { rotateAt } = this.#options
    if (rotateAt === undefined) return
    const { size } = await stat(this.#file).catch(() => ({ size: 0 }))
    if (size >= rotateAt) await rename(this.#file, `${this.#file}.1`)
  }
}

/** Whether the open file is the one of this name. */
async function isAt(file: FileHandle, path: string): Promise<boolean> {
  const [own, named] = await Promise.all([file.stat(), stat(path).catch(() => undefined)])
  return own.ino === named?.ino && own.dev === named.dev
}

/** Whether the file ends in the middle of a line. */
async function endsTorn(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] !== 0x0a
}
