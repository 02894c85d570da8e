import type { BootFile, BootFiles } from '../../src/boot/files/boot-file.ts'
import { memoryFile } from '../../src/boot/files/memory-file.ts'
import { SimClock } from '../../src/net/sim/clock.ts'
import type { SimHost } from '../../src/net/sim/host.ts'
import type { Impairments } from '../../src/net/sim/medium.ts'
import { SimNetwork } from '../../src/net/sim/network.ts'
import type { SessionEvent } from '../../src/session/event.ts'
import { type TftpOptions, TftpServer } from '../../src/tftp/server.ts'
import { type GetOptions, type Got, get } from './client.ts'

export const SERVER = { address: '10.0.0.1', port: 69 }

/** Bytes that differ everywhere, so that a block in the wrong place shows. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length)
  for (let i = 0; i < length; i++) bytes[i] = (i * 31 + (i >> 8) * 7 + (i >> 16)) & 0xff
  return bytes
}

/** Files in memory that count how often they are opened, read and closed. */
export class MemoryFiles implements BootFiles {
  readonly files = new Map<string, Buffer>()
  opened = 0
  closed = 0
  reads = 0

  add(path: string, bytes: Buffer | string): this {
    this.files.set(path, Buffer.from(bytes))
    return this
  }

  async open(path: string): Promise<BootFile | undefined> {
    const bytes = this.files.get(path)
    if (bytes === undefined) return undefined
    this.opened++
    const file = memoryFile(path, bytes)
    return {
      ...file,
      read: (offset, length) => {
        this.reads++
        return file.read(offset, length)
      },
      close: async () => {
        this.closed++
      },
    }
  }
}

/** A server and clients on a simulated segment. */
export class Lab {
  readonly net: SimNetwork
  readonly events: SessionEvent[] = []
  readonly files = new MemoryFiles()
  readonly server: TftpServer
  readonly #hosts = new Map<string, SimHost>()

  constructor(more: Partial<TftpOptions> = {}, impairments: Partial<Impairments> = {}, seed = 1) {
    this.net = new SimNetwork({ clock: new SimClock(), impairments, seed })
    this.server = new TftpServer({
      network: this.host(SERVER.address),
      clock: this.net.clock,
      emit: event => this.events.push(event),
      files: this.files,
      ...SERVER,
      ...more,
    })
  }

  /** The host at `address`, always the same object: it holds the list of taken ports. */
  host(address: string): SimHost {
    const host = this.#hosts.get(address) ?? this.net.host(address)
    this.#hosts.set(address, host)
    return host
  }

  async up(): Promise<this> {
    await this.server.start()
    return this
  }

  /** Runs the clock until the client has its file or its error, and the server its last ACK. */
  async get(file: string, more: Partial<GetOptions> = {}): Promise<Got> {
    const got = await this.net.clock.until(this.begin(file, more))
    await this.net.clock.advance(this.net.impairments.latencyMs + 1)
    return got
  }

  /** Starts a client; the clock must be run by the caller. */
  begin(file: string, more: Partial<GetOptions> = {}): Promise<Got> {
    const address = more.address ?? '10.0.0.2'
    const got = get({
      network: this.host(address),
      clock: this.net.clock,
      server: SERVER,
      file,
      ...more,
      address,
    })
    got.catch(() => {})
    return got
  }

  named(event: string): SessionEvent[] {
    return this.events.filter(e => e.event === event)
  }
}
