import { connectLocal, type LocalConnection } from '../../../net/local-socket.ts'
import { type Clock, sleep } from '../../../net/net.ts'

export interface QmpOptions {
  /** Where QEMU listens; it may not do so yet. */
  socket: string
  clock: Clock
  /** Receives the machine's run state at first and whenever it stops: `running`, `paused`, `internal-error`. */
  onStatus(status: string): void
}

/** Between two attempts to connect (ms). */
const RETRY_MS = 200
/** Characters of one message: the longest that is expected is the greeting. */
const MESSAGE_MOST = 1 << 16

interface QmpMessage {
  QMP?: object
  event?: string
  return?: { status?: string }
}

/**
 * Asks a QEMU process for the run state of its machine, by the QEMU Machine Protocol (docs/interop/qmp-spec). After an
 * internal error of KVM the process goes on, with a machine that is stopped for good (qapi/run-state.json).
 */
export class QmpWatch {
  readonly #options: QmpOptions
  #connection: LocalConnection | undefined
  #stopped = false
  #text = ''

  constructor(options: QmpOptions) {
    this.#options = options
  }

  /** Resolves when it is connected, or was stopped before. */
  async start(): Promise<void> {
    while (!this.#stopped) {
      try {
        const connection = await connectLocal(this.#options.socket)
        connection.onData(data => this.#receive(data))
        this.#connection = connection
        if (this.#stopped) connection.close()
        return
      } catch {
        await sleep(this.#options.clock, RETRY_MS)
      }
    }
  }

  stop(): void {
    this.#stopped = true
    this.#connection?.close()
  }

  #receive(data: Buffer): void {
    const lines = (this.#text + data.toString('utf8')).split('\n')
    this.#text = lines.pop()!.slice(-MESSAGE_MOST)
    for (const line of lines) this.#handle(parse(line))
  }

  #handle({ QMP, event, return: result }: QmpMessage): void {
    if (QMP !== undefined) this.#execute('qmp_capabilities', 'query-status')
    if (event === 'STOP') this.#execute('query-status')
    if (typeof result?.status === 'string') this.#options.onStatus(result.status)
  }

  #execute(...commands: string[]): void {
    for (const execute of commands) this.#connection?.write(Buffer.from(`${JSON.stringify({ execute })}\n`))
  }
}

function parse(line: string): QmpMessage {
  try {
    return (JSON.parse(line) as QmpMessage | null) ?? {}
  } catch {
    return {}
  }
}
