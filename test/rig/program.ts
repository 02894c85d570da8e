import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Transcript } from './transcript.ts'

export interface ProgramOptions {
  /** What messages call it; the program's name by default. */
  name?: string
  cwd?: string
  env?: Record<string, string>
  /** A copy of everything it prints goes here. */
  logFile?: string
}

/** A program that the rig started, in a process group of its own so that it can be ended whole. */
export class Program {
  readonly name: string
  readonly transcript = new Transcript()
  /** Resolves when it and all that it started have closed their output. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess

  constructor(argv: string[], options: ProgramOptions = {}) {
    const [file, ...args] = argv
    this.name = options.name ?? file!
    this.#child = spawn(file!, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    })
    this.#listen(options.logFile)
    this.ended = new Promise(done => {
      this.#child.once('error', error => done(`${this.name} did not start: ${error.message}`))
      this.#child.once('close', (code, signal) => done(`${this.name} ended (${signal ?? `status ${code}`})`))
    })
    this.ended.then(why => this.transcript.end(why))
  }

  /** Types `text` into its standard input. */
  type(text: string): void {
    this.#child.stdin?.write(text)
  }

  /** Asks the whole group to end, insists after `graceMs`, and waits until all of it is gone. */
  async stop(graceMs = 5000): Promise<void> {
    if (this.#signal('SIGTERM')) {
      const insist = setTimeout(() => this.#signal('SIGKILL'), graceMs)
      while (this.#signal(0)) await sleep(20)
      clearTimeout(insist)
    }
    // A daemon that left the group may hold the other ends of these.
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
    await this.ended
  }

  /** Signals the whole group; false when nobody is left in it. */
  #signal(signal: NodeJS.Signals | 0): boolean {
    try {
      return this.#child.pid !== undefined && process.kill(-this.#child.pid, signal)
    } catch {
      return false
    }
  }

  #listen(logFile: string | undefined): void {
    const log = logFile === undefined ? undefined : createWriteStream(logFile)
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('latin1')
      stream.on('data', (chunk: string) => {
        log?.write(chunk, 'latin1')
        this.transcript.add(chunk)
      })
    }
    // Its end may be seen here first, as EPIPE on its input; `ended` tells of it.
    this.#child.stdin!.on('error', () => {})
    this.#child.once('close', () => log?.end())
  }
}

/** What a program printed; rejects with all of it when the status is not 0. */
export async function output(argv: string[], options: ProgramOptions = {}): Promise<string> {
  const program = new Program(argv, options)
  const why = await program.ended
  if (!why.endsWith('(status 0)')) throw new Error(`${argv.join(' ')}: ${why}\n${program.transcript.text}`)
  return program.transcript.text
}
