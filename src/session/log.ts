import { constants } from 'node:fs'
import { type FileHandle, open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { reason } from '../errors/errors.ts'
import { makeDirectory } from '../host/directory.ts'
import type { Clock } from '../net/net.ts'
import type { Emit, SessionEvent } from './event.ts'
import { type SessionRecord, serialize } from './record.ts'

export interface SessionLogOptions {
  /** `state.dir`; events go to `sessions.jsonl` there. */
  dir: string
  clock: Pick<Clock, 'now'>
  /** Name of the machine with this MAC. */
  machineOf?: (mac: string) => string | undefined
  /**
   * Past this many bytes the file becomes `sessions.jsonl.1`. Only one process may rotate: leave it out
   * in commands.
   */
  rotateAt?: number
  /** Whether the file is to have this one; listeners get all. */
  keeps?: (record: SessionRecord) => boolean
  /** Told once when writing begins to fail, and again only after it has worked in between. */
  onError?: (message: string) => void
}

/** Between two writes, in milliseconds: four of them for every packet would cost more than the packet. */
const REST_MS = 100

/** Before the next try while the disk does not take them. */
const AGAIN_MS = 1000

/** Events kept while the disk does not take them; beyond, the oldest are dropped. */
const MOST_WAITING = 10_000

export const sessionsFile = (dir: string): string => join(dir, 'sessions.jsonl')

/** Stamps events and appends them to the log; listeners get them at once, the file within 100 ms. */
export class SessionLog {
  readonly #options: SessionLogOptions
  readonly #file: string
  readonly #listeners = new Set<(record: SessionRecord) => void>()
  #waiting: SessionRecord[] = []
  #writing: Promise<void> | undefined
  #flushing = 0
  /** Ends the rest between two writes. */
  #wake = () => {}
  /** The file may end in the middle of a line: a killed process' or, on a full disk, our own. */
  #torn = true
  /** The latest time of an event, and its text. */
  #now = Number.NaN
  #text = ''
  #failing = false

  constructor(options: SessionLogOptions) {
    this.#options = options
    this.#file = sessionsFile(options.dir)
  }

  /** Takes an event. Never throws, never waits. */
  readonly emit: Emit = event => {
    const record = this.#stamp(event)
    for (const listener of this.#listeners) listener(record)
    if (this.#options.keeps?.(record) === false) return
    if (this.#waiting.length >= MOST_WAITING) this.#waiting.shift()
    this.#waiting.push(record)
    this.#writing ??= new Promise<void>(setImmediate).then(() => this.#drain())
  }

  /** Calls `listener` with every event from now on; the answer ends that. */
  listen(listener: (record: SessionRecord) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Resolves when all that was emitted so far has been handed to the file, or could not be. */
  async flush(): Promise<void> {
    this.#flushing++
    this.#wake()
    await this.#writing
    this.#flushing--
  }

  #stamp(event: SessionEvent): SessionRecord {
    return { time: this.#time(), machine: this.#nameOf(event), mac: event.mac, ...event }
  }

  /** Events of one millisecond share its text. */
  #time(): string {
    const now = Math.floor(this.#options.clock.now())
    if (now !== this.#now) [this.#now, this.#text] = [now, new Date(now).toISOString()]
    return this.#text
  }

  /** A name is a help, not a condition: the state may be locked or damaged when the log is needed most. */
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
      this.#tell(error)
      this.#waiting = [...records, ...this.#waiting].slice(-MOST_WAITING)
      if (this.#flushing === 0) await this.#rest(error === undefined ? REST_MS : AGAIN_MS)
      if (error !== undefined) break // the next event tries again
    }
    this.#writing = undefined
  }

  #tell(error: unknown): void {
    const failed = error !== undefined
    if (failed && !this.#failing) this.#options.onError?.(`cannot write ${this.#file}: ${reason(error)}`)
    this.#failing = failed
  }

  #rest(ms: number): Promise<void> {
    return new Promise(done => {
      const timer = setTimeout(done, ms)
      this.#wake = () => {
        clearTimeout(timer)
        done()
      }
    })
  }

  /** Takes out of `records` what is in the file afterwards; answers why others are not. */
  async #append(records: SessionRecord[]): Promise<unknown> {
    const lines = Buffer.from(records.map(serialize).join(''))
    let written = 0
    try {
      await using file = await this.#open()
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

  /** For each batch: another process may have rotated the file away. */
  async #open(): Promise<FileHandle> {
    await this.#rotate()
    if (this.#torn) makeDirectory(this.#options.dir, 0o750)
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT
    const file = await open(this.#file, flags, 0o640)
    try {
      if (this.#torn && (await endsTorn(file))) await file.write('\n')
      this.#torn = false
      return file
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async #rotate(): Promise<void> {
    const { rotateAt } = this.#options
    if (rotateAt === undefined) return
    const { size } = await stat(this.#file).catch(() => ({ size: 0 }))
    if (size >= rotateAt) await rename(this.#file, `${this.#file}.1`)
  }
}

/** Whether the file ends in the middle of a line. */
async function endsTorn(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] !== 0x0a
}
