import type { Clock, Timer } from '../../net/net.ts'
import type { Caller } from '../../rpc/server/dispatch.ts'
import type { Emit } from '../../session/event.ts'
import type { Node } from './files/node.ts'
import type { Volume } from './files/volume.ts'

/** A client that asked for nothing for so long begins anew: its next mount is told. */
const IDLE_MS = 30_000
/** A kernel asks for what it mounts more than once. */
const AGAIN_MS = 10_000
/** Sums are told this often at most. */
const SUM_MS = 10_000
const MOST_CLIENTS = 4096

interface Client {
  /** What it mounted last, and when it was told. */
  mounted: Volume | undefined
  root: Volume | undefined
  rootAt: number
  lastAt: number
  volume: Volume | undefined
  calls: number
  reads: number
  bytes: number
}

/**
 * What clients do, for the log of each boot: a loader mounts anew for every file that it opens, and reads in
 * thousands of calls, so mounts are told once and reads summed up.
 */
export class ClientActivity {
  readonly #clock: Clock
  readonly #emit: Emit
  /** This host, whose own look at a share is no boot. */
  readonly #own: string
  readonly #clients = new Map<string, Client>()
  #timer: Timer | undefined

  constructor(clock: Clock, emit: Emit, own: string) {
    this.#clock = clock
    this.#emit = emit
    this.#own = own
  }

  /** A handle was handed out. */
  recordMount({ from, transport }: Caller, volume: Volume): void {
    const client = this.#client(from.address)
    if (client === undefined) return
    // Loaders mount by UDP: after the kernel has been there, that is another boot.
    const again = transport === 'udp' && client.root !== undefined
    const idle = this.#clock.monotonic() - client.lastAt >= IDLE_MS
    const known = client.mounted === volume && !again && !idle
    this.#count(client, volume)
    if (known) return
    client.mounted = volume
    client.root = undefined
    const { be, path } = seen(volume)
    this.#emit({ event: 'nfs:mount', ip: from.address, be, detail: { path, proto: transport } })
  }

  /** A call of NFS was answered. */
  recordCall(name: string, { from, transport }: Caller, node: Node | undefined, bytes: number): void {
    const client = node && this.#client(from.address)
    if (client === undefined) return
    const { volume } = node!
    this.#count(client, volume)
    if (name === 'READ') {
      client.reads++
      client.bytes += bytes
    }
    // Kernels ask that of what they mount; loaders do not.
    if (name === 'FSINFO' && transport === 'tcp' && node === volume.root) this.#root(client, from.address)
  }

  /** Tells the sums that are left. */
  stop(): void {
    this.#timer?.cancel()
    this.#sum()
  }

  #root(client: Client, ip: string): void {
    const volume = client.volume!
    const now = this.#clock.monotonic()
    const known = client.root === volume && now - client.rootAt < AGAIN_MS
    client.root = volume
    client.rootAt = now
    if (known) return
    // What its loader asked for is told before: what comes after tells whether the kernel lives.
    this.#tell(ip, client)
    const { be, path } = seen(volume)
    this.#emit({ event: 'nfs:root', ip, be, detail: { path, proto: 'tcp' } })
  }

  #count(client: Client, volume: Volume): void {
    client.lastAt = this.#clock.monotonic()
    client.volume = volume
    client.calls++
    this.#timer ??= this.#clock.timer(SUM_MS, () => {
      this.#timer = undefined
      this.#sum()
    })
  }

  #client(address: string): Client | undefined {
    if (address === this.#own) return undefined
    let client = this.#clients.get(address)
    if (client === undefined) {
      client = { mounted: undefined, root: undefined, rootAt: 0, lastAt: 0, volume: undefined, ...NOTHING }
      this.#clients.set(address, client)
      if (this.#clients.size > MOST_CLIENTS) this.#clients.delete(this.#clients.keys().next().value!)
    }
    return client
  }

  #sum(): void {
    for (const [ip, client] of this.#clients) this.#tell(ip, client)
  }

  #tell(ip: string, client: Client): void {
    const { reads, bytes, calls, volume } = client
    if (calls === 0) return
    Object.assign(client, NOTHING)
    const be = volume?.share.be
    this.#emit({ event: 'nfs:traffic', level: 'debug', ip, be, detail: { reads, bytes, calls } })
  }
}

const NOTHING = { calls: 0, reads: 0, bytes: 0 }

const seen = (volume: Volume) => ({
  be: volume.share.be,
  path: Buffer.from(volume.path, 'latin1').toString(),
})
