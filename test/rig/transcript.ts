// biome-ignore-start lint/suspicious/noControlCharactersInRegex: ESC is what all these start with.
/** ESC c (reset) and ESC [ 2 J (clear the screen): what follows begins a line. */
const CLEAR = /\x1b(?:c|\[2J)/g
/** Any other control sequence of a terminal (ECMA-48), of which firmware and iPXE print many. */
const CONTROL = /\x1b(?:\[[0-?]*[ -/]*[@-~]|[^[])/g
/** The beginning of a control sequence whose rest has not arrived. */
const UNFINISHED = /\x1b(?:\[[0-?]*[ -/]*)?$/
// biome-ignore-end lint/suspicious/noControlCharactersInRegex: as above

interface Waiter {
  pattern: RegExp
  found(match: RegExpMatchArray): void
  ended(why: string): void
}

/** The output of a program or a serial console so far; a test can wait for text in it. */
export class Transcript {
  #text = ''
  #line = ''
  /** The beginning of a control sequence. */
  #held = ''
  #end: string | undefined
  readonly #waiters = new Set<Waiter>()
  readonly #readers: ((text: string) => void)[] = []
  readonly #listeners: ((line: string) => void)[] = []

  /** All output, without terminal control sequences and carriage returns. */
  get text(): string {
    return this.#text
  }

  /** Calls `listener` with each piece from now on, as it comes. */
  onText(listener: (text: string) => void): void {
    this.#readers.push(listener)
  }

  /** Calls `listener` for each whole line from now on, without its line end. */
  onLine(listener: (line: string) => void): void {
    this.#listeners.push(listener)
  }

  /** Adds output, which may be cut anywhere, also in a control sequence. */
  add(chunk: string): void {
    const all = this.#held + chunk
    this.#held = all.match(UNFINISHED)?.[0] ?? ''
    const whole = all.slice(0, all.length - this.#held.length)
    const clean = whole.replace(CLEAR, '\n').replace(CONTROL, '').replaceAll('\r', '')
    this.#text += clean
    for (const reader of this.#readers) reader(clean)
    const lines = (this.#line + clean).split('\n')
    this.#line = lines.pop()!
    for (const line of lines) for (const listener of this.#listeners) listener(line)
    for (const waiter of this.#waiters) this.#check(waiter)
  }

  /** No more output will come, because of `why`: pending waitFor() calls reject. */
  end(why: string): void {
    if (this.#end !== undefined) return
    this.#end = why
    if (this.#line !== '') for (const listener of this.#listeners) listener(this.#line)
    for (const waiter of this.#waiters) waiter.ended(why)
  }

  /**
   * Resolves with the first match of `pattern` in earlier or later output. Rejects, with the last lines, when the
   * transcript ends first or `timeoutMs` have passed; `what` names the pattern in that message.
   */
  waitFor(pattern: RegExp, timeoutMs: number, what = String(pattern)): Promise<RegExpMatchArray> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        clearTimeout(timer)
        this.#waiters.delete(waiter)
      }
      const fail = (why: string) => {
        finish()
        reject(new Error(`${why} without ${what}; last lines:\n${this.tail(20)}`))
      }
      const waiter: Waiter = {
        pattern,
        found: match => {
          finish()
          resolve(match)
        },
        ended: fail,
      }
      const timer = setTimeout(() => fail(`${timeoutMs / 1000} s passed`), timeoutMs)
      this.#waiters.add(waiter)
      this.#check(waiter)
      if (this.#end !== undefined && this.#waiters.has(waiter)) fail(this.#end)
    })
  }

  /** The last `count` lines that are not empty. */
  tail(count: number): string {
    const lines = this.#text.split('\n').filter(line => line.trim() !== '')
    return lines.slice(-count).join('\n')
  }

  #check(waiter: Waiter): void {
    const match = this.#text.match(waiter.pattern)
    if (match !== null) waiter.found(match)
  }
}
