import type { BootFile, BootFiles } from '../boot/files/boot-file.ts'
import { mayBeAbsent, printable } from '../boot/files/path.ts'
import { BeError, reason } from '../errors/errors.ts'
import type { Clock, Endpoint, Network, UdpSocket } from '../net/net.ts'
import type { Emit, SessionEvent } from '../session/event.ts'
import { WarningLimiter } from '../session/warning-limiter.ts'
import { BlockCache } from './blocks.ts'
import { endEvent } from './end-event.ts'
import { type Job, Jobs } from './jobs.ts'
import { TFTP_LIMITS, type TftpLimits } from './limits.ts'
import { negotiate } from './options.ts'
import { buildError, ERROR, parse, type TransferRequest } from './packet.ts'
import { type Ending, Transfer } from './transfer.ts'

/** An identical request within this time (ms) of the client's last packet is a copy of the first one. */
const COPY_WITHIN = 1000
/** Bytes, for hundreds of machines that boot at once; the default of 200 KB holds 166 packets. */
const RECEIVE_BUFFER = 4 * 1024 * 1024
const SEND_BUFFER = 1024 * 1024
/**
 * When there are too many transfers, one that was not acknowledged within this time (ms) makes room: a client
 * acknowledges its first packet within milliseconds, if it exists.
 */
const PROOF_MS = 100

export interface TftpOptions {
  network: Network
  clock: Clock
  emit: Emit
  /** The lab address, the only one that the server listens on. */
  address: string
  /** 69; 0: any free port. */
  port: number
  files: BootFiles
  /** Whether hosts with this address are served; default: all are. */
  admits?(address: string): boolean
  limits?: Partial<TftpLimits>
}

/** Counters since the start. */
export interface TftpCounts {
  requests: number
  done: number
  missing: number
  /** Ended by the client, or for its next request. */
  aborted: number
  failed: number
  malformed: number
  /** Well-formed, but not for this server: writes, netascii. */
  refused: number
  /** Not answered, because there were too many transfers, or because the answer could not be sent. */
  dropped: number
  /** Not answered: the address is none of the lab's. */
  foreign: number
}

/**
 * A read-only TFTP server: RFC 1350 in octet mode with the options of RFC 2347, 2348, 2349 and 7440.
 * Write requests are refused, and so is netascii, whose text conversion damages a loader. (tftp(1) begins in
 * netascii: type `binary` first.)
 */
export class TftpServer {
  readonly counts: TftpCounts = {
    requests: 0,
    done: 0,
    missing: 0,
    aborted: 0,
    failed: 0,
    malformed: 0,
    refused: 0,
    dropped: 0,
    foreign: 0,
  }
  readonly #options: TftpOptions
  readonly #limits: TftpLimits
  readonly #cache: BlockCache
  readonly #jobs = new Jobs()
  readonly #warnings: WarningLimiter
  #socket: UdpSocket | undefined

  constructor(options: TftpOptions) {
    this.#options = options
    this.#limits = { ...TFTP_LIMITS, ...options.limits }
    this.#warnings = new WarningLimiter(options.clock)
    this.#cache = new BlockCache(this.#limits.cacheBytes)
  }

  /** Requests and transfers that have not ended. */
  get active(): number {
    return this.#jobs.size
  }

  /** Address and port; undefined when the server does not listen. */
  get local(): Endpoint | undefined {
    return this.#socket?.local
  }

  /** Rejects with BE_PORT_TAKEN, BE_PORT_PERMISSION, BE_ADDRESS_NOT_LOCAL. */
  async start(): Promise<void> {
    const { network, address, port } = this.#options
    const socket = await network.udp({
      ...{ address, port, receiveBuffer: RECEIVE_BUFFER, sendBuffer: SEND_BUFFER },
    })
    this.#socket = socket
    socket.onMessage((datagram, from) => this.#receive(datagram, from))
    // An ERROR that cannot be sent counts as a lost packet: the client repeats its request.
    socket.onError(() => {})
    socket.onDrop(({ to, why }) => {
      this.counts.dropped++
      this.#warn({ event: 'tftp:dropped', ip: to?.address, detail: { why } })
    })
  }

  /** Accepts no more requests, waits up to `graceMs` for the transfers, then ends the rest. */
  async stop(graceMs = 0): Promise<void> {
    this.#socket?.close()
    this.#socket = undefined
    if (graceMs > 0) {
      await new Promise<void>(resolve => {
        const timer = this.#options.clock.timer(graceMs, resolve)
        this.#jobs.whenEmpty(() => {
          timer.cancel()
          resolve()
        })
      })
    }
    for (const job of this.#jobs.all()) this.#cancel(job, 'the server stops', true)
  }

  #receive(datagram: Buffer, from: Endpoint): void {
    if (this.#options.admits?.(from.address) === false) {
      this.counts.foreign++
      this.#warn({ event: 'tftp:foreign', ip: from.address })
      return
    }
    const packet = parse(datagram)
    // Some clients acknowledge an ERROR, which this port has sent; others answer it by one.
    if (packet.kind === 'ack' || packet.kind === 'error') return
    if (packet.kind === 'malformed') this.#malformed(from, packet.why)
    else if (packet.kind === 'wrq') this.#refuse(packet, from, ERROR.access, 'this server is read-only')
    else if (packet.kind !== 'rrq') this.#malformed(from, `${packet.kind} on the request port`)
    else if (packet.mode !== 'octet') this.#refuse(packet, from, ERROR.illegal, 'only octet (binary) mode')
    else this.#readRequest(packet, datagram, from)
  }

  /** Not answered: two sides that answer an ERROR with an ERROR never stop. */
  #malformed(from: Endpoint, why: string): void {
    this.counts.malformed++
    this.#warn({ event: 'tftp:malformed', ip: from.address, detail: { why } })
  }

  #refuse(request: TransferRequest, from: Endpoint, code: number, why: string): void {
    this.counts.refused++
    const detail = { file: printable(request.file), request: request.kind, mode: printable(request.mode) }
    this.#warn({ event: 'tftp:refused', ip: from.address, detail: { ...detail, why } })
    this.#error(from, code, why)
  }

  #readRequest(request: TransferRequest, datagram: Buffer, client: Endpoint): void {
    this.counts.requests++
    const earlier = this.#jobs.from(client)
    if (earlier !== undefined && this.#isCopy(earlier, datagram)) {
      earlier.transfer?.requestRepeated()
      return
    }
    if (earlier !== undefined) this.#cancel(earlier, 'the client asked anew from the same port', false)
    if (!this.#makeRoom(client.address)) {
      this.counts.dropped++
      return
    }
    const since = this.#options.clock.monotonic()
    const job: Job = { client, request, datagram, since, cancelled: false }
    this.#jobs.add(job)
    this.#reportRequest(job)
    this.#serve(job).catch(error => this.#openFailed(job, error))
  }

  /** Firmware repeats a request that is answered late, and networks duplicate packets. */
  #isCopy({ datagram, transfer }: Job, again: Buffer): boolean {
    if (!datagram.equals(again)) return false
    if (transfer === undefined || !transfer.flow.confirmed) return true
    return this.#options.clock.monotonic() - transfer.lastPacketAt < COPY_WITHIN
  }

  /** Whether there is room for one more transfer, if need be in place of one whose client may not exist. */
  #makeRoom(address: string): boolean {
    const { maxTransfers, maxPerClient } = this.#limits
    const own = this.#jobs.countFor(address) >= maxPerClient
    if (!own && this.#jobs.size < maxTransfers) return true
    const transfers = this.#jobs.size
    this.#warn({ event: 'tftp:busy', ip: address, detail: { transfers } })
    const oldest = this.#jobs.oldestUnproven(own ? address : undefined)
    if (oldest === undefined) return false
    if (!own && this.#options.clock.monotonic() - oldest.since < PROOF_MS) return false
    this.#cancel(oldest, 'too many transfers', own)
    return true
  }

  async #serve(job: Job): Promise<void> {
    const file = await this.#options.files.open(job.request.file, { address: job.client.address })
    if (job.cancelled) {
      await file?.close()
    } else if (file === undefined) {
      this.#missing(job)
    } else {
      const { network, clock, address } = this.#options
      const negotiated = negotiate(job.request.options, file.size, this.#limits)
      const onEnd = (ending: Ending) => this.#ended(job, file, ending)
      const options = {
        network,
        clock,
        address,
        cache: this.#cache,
        client: job.client,
        file,
        negotiated,
        onEnd,
      }
      job.transfer = new Transfer(options)
      await job.transfer.start()
    }
  }

  #missing(job: Job): void {
    this.counts.missing++
    this.#jobs.remove(job)
    const file = printable(job.request.file)
    const level = mayBeAbsent(job.request.file) ? 'debug' : 'info'
    this.#options.emit({ event: 'tftp:missing', level, ip: job.client.address, detail: { file } })
    this.#error(job.client, ERROR.notFound, `no such file: ${file}`)
  }

  /** The file cannot be opened, or whether it exists cannot be found out. */
  #openFailed(job: Job, error: unknown): void {
    if (job.cancelled) return
    this.counts.failed++
    this.#jobs.remove(job)
    const detail = { file: printable(job.request.file), why: reason(error) }
    this.#options.emit({ event: 'tftp:failed', level: 'warn', ip: job.client.address, detail })
    const denied = error instanceof BeError && error.exit === 'permission'
    this.#error(job.client, ERROR.access, denied ? 'permission denied' : 'the file cannot be read')
  }

  #ended(job: Job, file: BootFile, ending: Ending): void {
    this.#jobs.remove(job)
    if (ending.how === 'done') this.counts.done++
    else if (ending.how === 'failed') this.counts.failed++
    else this.counts.aborted++
    const ms = Math.round(this.#options.clock.monotonic() - job.since)
    this.#options.emit(endEvent(job.client.address, file, job.transfer!, ending, ms))
  }

  #cancel(job: Job, why: string, notifyClient: boolean): void {
    job.cancelled = true
    job.transfer?.stop(why, notifyClient)
    this.#jobs.remove(job)
  }

  /** Sent from the request port: there is no transfer, and so no TID of ours, yet. */
  #error(client: Endpoint, code: number, message: string): void {
    this.#socket?.send(buildError(code, message), client)
  }

  #reportRequest({ request, client }: Job): void {
    const options = request.options.map(([name, value]) => `${name}=${value}`).join(',')
    const detail = {
      file: printable(request.file),
      port: client.port,
      options: printable(options) || undefined,
    }
    this.#options.emit({ event: 'tftp:request', level: 'debug', ip: client.address, detail })
  }

  /** Emits a warning, at most one a second for each event and address; `more`: number suppressed before it. */
  #warn(event: SessionEvent): void {
    const more = this.#warnings.admit(`${event.event} ${event.ip}`)
    if (more === undefined) return
    const detail = { ...event.detail, more: more || undefined }
    this.#options.emit({ ...event, level: 'warn', detail })
  }
}
