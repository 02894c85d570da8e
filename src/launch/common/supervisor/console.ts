import { type LocalConnection, listenLocal } from '../../../net/local-socket.ts'
import { RotatingLog } from './rotating-log.ts'

/** Size of the log, in bytes. A boot prints some 50 KB. */
const LOG_BYTES = 1 << 20
/** Bytes of the latest output that a client gets when it attaches. */
const SCREEN_BYTES = 4096

/** The serial console of one machine: logged, and shared by all clients of its socket, each of which may type. */
export class VmConsole {
  readonly #log: RotatingLog
  readonly #attached = new Set<LocalConnection>()
  #screen: Buffer = Buffer.alloc(0)
  #server: { close(): void } | undefined
  /** Takes what clients type. */
  type: (data: Uint8Array) => void = () => {}

  private constructor(logFile: string) {
    this.#log = new RotatingLog(logFile, LOG_BYTES)
  }

  static async open(socket: string, logFile: string): Promise<VmConsole> {
    const console = new VmConsole(logFile)
    console.#server = await listenLocal(socket, connection => console.#attach(connection))
    return console
  }

  /** Output of the machine: to the log and to all clients. */
  print(data: Buffer): void {
    this.#log.write(data)
    this.#screen = Buffer.concat([this.#screen, data]).subarray(-SCREEN_BYTES)
    for (const connection of this.#attached) connection.write(data)
  }

  close(): void {
    this.#server?.close()
    this.#log.close()
  }

  #attach(connection: LocalConnection): void {
    this.#attached.add(connection)
    connection.onClose(() => this.#attached.delete(connection))
    connection.onData(data => this.type(data))
    connection.write(this.#screen)
  }
}
