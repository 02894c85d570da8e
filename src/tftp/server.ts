import type { BootFile, BootFiles } from '../boot/files.ts'
import { isTried, printable } from '../boot/path.ts'
import { BeError, reason } from '../errors/errors.ts'
import type { Clock, Endpoint, Network, UdpSocket } from '../net/net.ts'
import type { Emit, SessionEvent } from '../session/event.ts'
import { WarningLimiter } from '../session/warning-limiter.ts'
import { BlockCache } from './blocks.ts'
import { type Job, Jobs } from './jobs.ts'
import { TFTP_LIMITS, type TftpLimits } from './limits.ts'
import { negotiate } from './options.ts'
import { buildError, ERROR, parse, type TransferRequest } from './packet.ts'
import { report } from './report.ts'
import { type Ending, Transfer } from './transfer.ts'

/** An identical request within this time (ms) of a sign of life is a copy of the first, not a new one. */
const COPY_WITHIN = 1000
/** For hundreds of machines that ask while the process is busy; the usual 200 KB held 166 packets. */
const RECEIVE_BUFFER = 4 * 1024 * 1024

export interface TftpOptions {
  network: Network
  clock: Clock
  emit: Emit
  /** The lab address: requests are taken and answered there only. */
  address: string
  /** 69, unless a test needs another one; 0 picks one. */
  port: number
  files: BootFiles
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
  /** Not answered because `maxTransfers` were under way. */
  dropped: number
}

/**
 * A read-only TFTP server: RFC 1350 in octet mode with the options of RFC 2347, 2348, 2349 and 7440.
 * Write requests are refused, and so is netascii: a loader that was sent through a text conversion fails
 * far from the cause. (tftp(1) starts out in netascii: `binary` first.)
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
  }
  readonly #options: TftpOptions
  readonly #limits: TftpLimits
  readonly #cache: BlockCache
  readonly #jobs = new Jobs()
  readonly #complaints: WarningLimiter
  #socket: UdpSocket | undefined

  constructor(options: TftpOptions) {
    this.#options = options
    this.#limits = { ...TFTP_LIMITS, ...options.limits }
    this.#complaints = new WarningLimiter(options.clock)
    this.#cache = new BlockCache(this.#limits.cacheBytes)
  }

  /** Requests and transfers under way. */
  get active(): number {
    return this.#jobs.size
  }

  /** Where it listens; undefined when it does not. */
  get local(): Endpoint | undefined {
    return this.#socket?.local
  }

  /** Rejects with BE_PORT_TAKEN, BE_PORT_PERMISSION, BE_ADDRESS_NOT_LOCAL. */
  async start(): Promise<void> {
    const { network, address, port } = this.#options
    const socket = await network.udp({ address, port, receiveBuffer: RECEIVE_BUFFER })
    this.#socket = socket
    socket.onMessage((datagram, from) => this.#receive(datagram, from))
    // A reply that could not be sent is a lost packet: the client asks again.
    socket.onError(() => {})
  }

  /** Takes no more requests, lets transfers finish for up to `graceMs`, then ends the rest. */
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
    const packet = parse(datagram)
    if (packet.kind === 'malformed') this.#malformed(from, packet.why)
    else if (packet.kind === 'wrq') this.#refuse(packet, from, ERROR.access, 'this server is read-only')
    else if (packet.kind !== 'rrq') this.#malformed(from, `${packet.kind} on the request port`)
    else if (packet.mode !== 'octet') this.#refuse(packet, from, ERROR.illegal, 'only octet (binary) mode')
    else this.#read(packet, datagram, from)
  }

  /** Never answered: an ERROR in reply to an ERROR would go on for ever. */
  #malformed(from: Endpoint, why: string): void {
    this.counts.malformed++
    this.#complain({ event: 'tftp:malformed', ip: from.address, detail: { why } })
  }

  #refuse(request: TransferRequest, from: Endpoint, code: number, why: string): void {
    this.counts.refused++
    const detail = { file: printable(request.file), request: request.kind, mode: printable(request.mode) }
    this.#complain({ event: 'tftp:refused', ip: from.address, detail: { ...detail, why } })
    this.#error(from, code, why)
  }

  #read(request: TransferRequest, datagram: Buffer, client: Endpoint): void {
    this.counts.requests++
    const before = this.#jobs.from(client)
    if (before !== undefined && this.#isCopy(before, datagram)) {
      before.transfer?.nudge()
      return
    }
    if (before !== undefined) this.#cancel(before, 'the client asked anew from the same port', false)
    if (this.#jobs.size >= this.#limits.maxTransfers) {
      this.counts.dropped++
      this.#complain({ event: 'tftp:busy', ip: client.address, detail: { transfers: this.#jobs.size } })
      return
    }
    this.#makeRoom(client.address)
    const since = this.#options.clock.monotonic()
    const job: Job = { client, request, datagram, since, cancelled: false }
    this.#jobs.add(job)
    this.#announce(job)
    this.#serve(job).catch(error => this.#broken(job, error))
  }

  /** Firmware that is answered too late repeats its request, and networks duplicate packets. */
  #isCopy({ datagram, transfer }: Job, again: Buffer): boolean {
    if (!datagram.equals(again)) return false
    if (transfer === undefined || !transfer.flow.confirmed) return true
    return this.#options.clock.monotonic() - transfer.heardAt < COPY_WITHIN
  }

  #makeRoom(address: string): void {
    if (this.#jobs.countFor(address) < this.#limits.maxPerClient) return
    const stalest = this.#jobs.stalest(address)
    if (stalest !== undefined) this.#cancel(stalest, 'too many transfers for one client', true)
  }

  async #serve(job: Job): Promise<void> {
    const file = await this.#options.files.open(job.request.file, { address: job.client.address })
    if (job.cancelled) {
      await file?.close()
    } else if (file === undefined) {
      this.#missing(job)
    } else {
      const { network, clock, address } = this.#options
      const terms = negotiate(job.request.options, file.size, this.#limits)
      const onEnd = (ending: Ending) => this.#over(job, file, ending)
      const given = { network, clock, address, cache: this.#cache, client: job.client, file, terms, onEnd }
      job.transfer = new Transfer(given)
      await job.transfer.start()
    }
  }

  #missing(job: Job): void {
    this.counts.missing++
    this.#jobs.remove(job)
    const file = printable(job.request.file)
    const level = isTried(job.request.file) ? 'debug' : 'info'
    this.#options.emit({ event: 'tftp:missing', level, ip: job.client.address, detail: { file } })
    this.#error(job.client, ERROR.notFound, `no such file: ${file}`)
  }

  /** The file is there but cannot be opened, or nobody can tell. */
  #broken(job: Job, error: unknown): void {
    if (job.cancelled) return
    this.counts.failed++
    this.#jobs.remove(job)
    const detail = { file: printable(job.request.file), why: reason(error) }
    this.#options.emit({ event: 'tftp:failed', level: 'warn', ip: job.client.address, detail })
    const denied = error instanceof BeError && error.exit === 'permission'
    this.#error(job.client, ERROR.access, denied ? 'permission denied' : 'the file cannot be read')
  }

  #over(job: Job, file: BootFile, ending: Ending): void {
    this.#jobs.remove(job)
    if (ending.how === 'done') this.counts.done++
    else if (ending.how === 'failed') this.counts.failed++
    else this.counts.aborted++
    const ms = Math.round(this.#options.clock.monotonic() - job.since)
    this.#options.emit(report(job.client.address, file, job.transfer!, ending, ms))
  }

  #cancel(job: Job, why: string, tell: boolean): void {
    job.cancelled = true
    job.transfer?.stop(why, tell)
    this.#jobs.remove(job)
  }

  /** From the request port: the client has no other port of ours to compare it with yet. */
  #error(client: Endpoint, code: number, message: string): void {
    this.#socket?.send(buildError(code, message), client)
  }

  #announce({ request, client }: Job): void {
    const asked = request.options.map(([name, value]) => `${name}=${value}`).join(',')
    const detail = {
      file: printable(request.file),
      port: client.port,
      options: printable(asked) || undefined,
    }
    this.#options.emit({ event: 'tftp:request', level: 'debug', ip: client.address, detail })
  }

  /** A warning, at most one a second for each kind and source; `more` counts those before it. */
  #complain(event: SessionEvent): void {
    const more = this.#complaints.admit(`${event.event} ${event.ip}`)
    if (more === undefined) return
    const detail = { ...event.detail, more: more || undefined }
    this.#options.emit({ ...event, level: 'warn', detail })
  }
}
