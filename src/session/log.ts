import { constants } from 'node:fs'
import { open, rename, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { reason } from '../errors.ts'
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
  /** Told once when writing begins to fail, and again only after it has worked in between. */
  onError?: (message: string) => void
}

/** Between two writes, in milliseconds: four of them for every packet would cost more than the packet. */
const REST_MS = 100

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
  #started = false
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
      try {
        await this.#append(records.map(serialize).join(''))
        this.#failing = false
      } catch (error) {
        this.#waiting = [...records, ...this.#waiting].slice(-MOST_WAITING)
        if (!this.#failing) this.#options.onError?.(`cannot write ${this.#file}: ${reason(error)}`)
        this.#failing = true
        break // the next event tries again
      }
      if (this.#flushing === 0) await this.#rest()
    }
    this.#writing = undefined
  }

  #rest(): Promise<void> {
    return new Promise(done => {
      const timer = setTimeout(done, REST_MS)
      this.#wake = () => {
        clearTimeout(timer)
        done()
      }
    })
  }

  /** Opened for each batch: another process may have rotated the file away. */
  async #append(text: string): Promise<void> {
    await this.#rotate()
    if (!this.#started) makeDirectory(this.#options.dir, 0o750)
    const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT
    await using file = await open(this.#file, flags, 0o640)
    const torn = !this.#started && (await endsTorn(file))
    await file.appendFile(torn ? `\n${text}` : text)
    this.#started = true
  }

  async #rotate(): Promise<void> {
    const { rotateAt } = this.#options
    if (rotateAt === undefined) return
    const { size } = await stat(this.#file).catch(() => ({ size: 0 }))
    if (size >= rotateAt) await rename(this.#file, `${this.#file}.1`)
  }
}

/** Whether the process that wrote last was killed in the middle of a line. */
async function endsTorn(file: import('node:fs/promises').FileHandle): Promise<boolean> {
  const { size } = await file.stat()
  if (size === 0) return false
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return buffer[0] !== 0x0a
}
