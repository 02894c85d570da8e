import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { Transcript } from './transcript.ts'

export interface ProgramOptions {
  /** Its name in messages; by default that of the program. */
  name?: string
  cwd?: string
  env?: Record<string, string>
  /** A copy of everything it prints goes here. */
  logFile?: string
}

/** A running program, in a process group of its own, which is ended with it. */
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

  /** Writes `text` to its standard input. */
  type(text: string): void {
    this.#child.stdin?.write(text)
  }

  /** Sends SIGTERM to the process group, SIGKILL after `graceMs`, and waits until all its processes have ended. */
  async stop(graceMs = 5000): Promise<void> {
    if (this.#signal('SIGTERM')) {
      const kill = setTimeout(() => this.#signal('SIGKILL'), graceMs)
      while (this.#signal(0)) await sleep(20)
      clearTimeout(kill)
    }
    // A daemon that left the group may keep the pipes open.
    this.#child.stdout?.destroy()
    this.#child.stderr?.destroy()
    await this.ended
  }

  /** Signals the process group; false when no process is left in it. */
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
    // EPIPE when it has ended
    this.#child.stdin!.on('error', () => {})
    this.#child.once('close', () => log?.end())
  }
}

/** Runs a program to its end. Resolves with what it printed; rejects, with that in the message, unless its status is 0. */
export async function output(argv: string[], options: ProgramOptions = {}): Promise<string> {
  const program = new Program(argv, options)
  const why = await program.ended
  if (!why.endsWith('(status 0)')) throw new Error(`${argv.join(' ')}: ${why}\n${program.transcript.text}`)
  return program.transcript.text
}
