import type { Clock, Timer } from '../../net/net.ts'
import type { Transport } from '../../rpc/programs.ts'
import type { Caller } from '../../rpc/server/dispatch.ts'
import type { Emit } from '../../session/event.ts'
import { TieredMap } from '../../session/tiered-map.ts'
import type { Node } from './files/node.ts'
import type { Volume } from './files/volume.ts'

/** After so long (ms) without a call, the next mount of a client is reported again. */
const IDLE_MS = 30_000
/** FSINFO calls for a root within so long (ms) are one mount: kernels call it more than once. */
const SAME_MOUNT_MS = 10_000
/** Interval (ms) between reports of a client's reads. */
const REPORT_MS = 10_000
/** Mounts that are reported in that time, of each client, and over UDP, where anyone can mount in another's name, of all. */
const MAX_MOUNTS = 20
const MAX_UDP_MOUNTS = 1000
/** Clients that have called by TCP, whose addresses are not forged, and others; the oldest are dropped first. */
const MOST_CLIENTS = [4096, 1024] as const

interface Client {
  ip: string
  /** Whether it has called by TCP. */
  proven: boolean
  /** What it mounted last, by MNT. */
  mounted: Volume | undefined
  /** The root that its kernel mounted, and when FSINFO was last called for it, by Clock.monotonic(). */
  root: Volume | undefined
  rootAt: number
  lastCallAt: number
  /** Of the last call. */
  volume: Volume | undefined
  /** Since the last report. */
  mounts: number
  calls: number
  reads: number
  bytes: number
}

/**
 * Reports what clients do, for the log of each boot. A loader mounts for each file that it opens, and reads it by
 * thousands of calls, so repeated mounts are reported once, and calls as sums.
 */
export class ClientActivity {
  readonly #clock: Clock
  readonly #emit: Emit
  /** Address of this host, whose own calls verify shares and are not reported. */
  readonly #ownAddress: string
  /** By address. */
  readonly #clients = new TieredMap<string, Client>(...MOST_CLIENTS)
  /** Mounts of all clients over UDP since the last report. */
  #udpMounts = 0
  #timer: Timer | undefined

  constructor(clock: Clock, emit: Emit, ownAddress: string) {
    this.#clock = clock
    this.#emit = emit
    this.#ownAddress = ownAddress
  }

  /** Records that MNT granted a handle; emits nfs:handle. */
  recordMount({ from, transport }: Caller, volume: Volume): void {
    const client = this.#client(from.address, transport)
    if (client === undefined) return
    // Loaders mount over UDP: when the kernel had mounted its root before, this is another boot.
    const isNewBoot = transport === 'udp' && client.root !== undefined
    const wasIdle = this.#clock.monotonic() - client.lastCallAt >= IDLE_MS
    const isRepeated = client.mounted === volume && !isNewBoot && !wasIdle
    this.#countCall(client, volume)
    if (isRepeated) return
    client.mounted = volume
    client.root = undefined
    if (!this.#mayReport(client, transport)) return
    const { be, path } = described(volume)
    this.#emit({ event: 'nfs:handle', ip: from.address, be, detail: { path, proto: transport } })
  }

  /** Records a call of an NFS procedure, `bytes` being the length of its results; emits nfs:mounted. */
  recordCall(name: string, { from, transport }: Caller, node: Node | undefined, bytes: number): void {
    const client = node && this.#client(from.address, transport)
    if (client === undefined) return
    const { volume, isRoot } = node!
    this.#countCall(client, volume)
    if (name === 'READ') {
      client.reads++
      client.bytes += bytes
    }
    // Kernels call FSINFO for what they mount; loaders do not.
    if (name === 'FSINFO' && transport === 'tcp' && isRoot) this.#recordRoot(client)
  }

  /** Reports the sums that are left. */
  stop(): void {
    this.#timer?.cancel()
    this.#reportAll()
  }

  #recordRoot(client: Client): void {
    const volume = client.volume!
    const now = this.#clock.monotonic()
    const isRepeated = client.root === volume && now - client.rootAt < SAME_MOUNT_MS
    client.root = volume
    client.rootAt = now
    if (isRepeated || !this.#mayReport(client, 'tcp')) return
    // The loader's reads are reported before, so that later reports show that the kernel runs.
    this.#report(client)
    const { be, path } = described(volume)
    this.#emit({ event: 'nfs:mounted', ip: client.ip, be, detail: { path, proto: 'tcp' } })
  }

  #countCall(client: Client, volume: Volume): void {
    client.lastCallAt = this.#clock.monotonic()
    client.volume = volume
    client.calls++
    this.#timer ??= this.#clock.timer(REPORT_MS, () => {
      this.#timer = undefined
      this.#reportAll()
    })
  }

  /** Counts a mount; false: too many were reported. */
  #mayReport(client: Client, transport: Transport): boolean {
    client.mounts++
    if (transport === 'udp') this.#udpMounts++
    return client.mounts <= MAX_MOUNTS && (transport === 'tcp' || this.#udpMounts <= MAX_UDP_MOUNTS)
  }

  /** Undefined for this host itself. */
  #client(ip: string, transport: Transport): Client | undefined {
    if (ip === this.#ownAddress) return undefined
    const proven = transport === 'tcp'
    const before = this.#clients.get(ip)
    if (before !== undefined && (before.proven || !proven)) return before
    const client = { ...NEW_CLIENT, ...before, ip, proven }
    this.#clients.set(ip, client, proven ? 0 : 1)
    return client
  }

  #reportAll(): void {
    this.#udpMounts = 0
    for (const client of this.#clients.values()) {
      client.mounts = 0
      this.#report(client)
    }
  }

  /** Emits nfs:traffic with the sums since the last report. */
  #report(client: Client): void {
    const { ip, reads, bytes, calls, volume } = client
    if (calls === 0) return
    Object.assign(client, NO_CALLS)
    const be = volume?.share.be
    this.#emit({ event: 'nfs:traffic', level: 'debug', ip, be, detail: { reads, bytes, calls } })
  }
}

const NO_CALLS = { calls: 0, reads: 0, bytes: 0 }

const NEW_CLIENT = {
  mounted: undefined,
  root: undefined,
  rootAt: 0,
  lastCallAt: 0,
  volume: undefined,
  mounts: 0,
  ...NO_CALLS,
}

const described = (volume: Volume) => ({
  be: volume.share.be,
  path: Buffer.from(volume.path, 'latin1').toString(),
})
