/**
 * Passes on what is typed at a console up to the keys that leave it: ^] anywhere, as in telnet(1), or ~. at the start of a
 * line, as in cu(1). ~~ at the start of a line is one ~.
 */
export class EscapeFilter {
  #lineStart = true
  #tilde = false
  /** Whether the keys that leave have been typed. */
  left = false

  /** The part of the data that is for the machine. */
  take(data: Uint8Array): Buffer {
    const out: number[] = []
    for (const byte of data) {
      if (byte === 0x1d || (this.#tilde && byte === DOT)) {
        this.left = true
        break
      }
      if (this.#tilde) {
        this.#tilde = false
        if (byte !== TILDE) out.push(TILDE)
      } else if (this.#lineStart && byte === TILDE) {
        this.#tilde = true
        continue
      }
      out.push(byte)
      this.#lineStart = byte === 0x0d || byte === 0x0a
    }
    return Buffer.from(out)
  }
}

const TILDE = 0x7e
const DOT = 0x2e

/** Our own terminal, attached to the console of a machine. */
export interface Terminal {
  /** Resolves when the keys that leave have been typed. */
  left: Promise<void>
  close(): void
}

/** Calls `type` with what is typed; puts a terminal into raw mode until `close`. */
export function openTerminal(type: (data: Buffer) => void): Terminal {
  const { stdin } = process
  const typed = new EscapeFilter()
  if (stdin.isTTY) stdin.setRawMode(true)
  return {
    left: new Promise(done => {
      stdin.on('data', (data: Buffer) => {
        if (typed.left) return
        const own = typed.take(data)
        if (own.length > 0) type(own)
        if (typed.left) done()
      })
    }),
    close() {
      stdin.removeAllListeners('data')
      if (stdin.isTTY) stdin.setRawMode(false)
      stdin.destroy()
    },
  }
}
