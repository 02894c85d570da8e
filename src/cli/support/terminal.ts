/**
 * What is typed at a console, up to the keys that leave it: ^] anywhere, or ~. at the start of a line, as
 * telnet(1) and cu(1) have it; ~~ there is one ~. Ends when they came.
 */
export class EscapeFilter {
  #lineStart = true
  #tilde = false
  left = false

  /** What of it is for the machine. */
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

/** Our own terminal as the console of a machine. */
export interface Terminal {
  /** Resolves when the person has left it. */
  left: Promise<void>
  close(): void
}

/** Hands what is typed to `type`, raw where stdin is a terminal. */
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
