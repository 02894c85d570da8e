import { timingSafeEqual } from 'node:crypto'
import { reason } from '../errors/errors.ts'
import type { Clock, HttpHandler, HttpRequest, HttpResponse } from '../net/net.ts'
import { ownAddresses } from '../session/boots.ts'
import type { Emit } from '../session/event.ts'
import { WarningLimiter } from '../session/warning-limiter.ts'
import type { GuestCommandRow, GuestCommandTable } from '../state/guest-command-table.ts'
import type { BootTracker, Session } from './boots/tracker.ts'
import { RateLimit } from './rate-limit.ts'

/** `/s/TOKEN/up?uname=HEX&root=HEX&beats=1`, `/s/TOKEN/beat`, `/s/TOKEN/down`, `/s/TOKEN/output?errand=ID&at=N&piece=HEX`, `/s/TOKEN/done?errand=ID&status=N` */
const ROUTE = /^\/+s\/([A-Za-z0-9_-]{22})\/(up|beat|down|output|done)(?:\?(.*))?$/s
/** Any path with what may be a token: it is not looked for among the boot files, so that no log line contains it. */
const SECRET = /^\/+s\/+[A-Za-z0-9_-]{22}(?![A-Za-z0-9_-])/

/** How long (ms) a token is valid after the last report with it. */
const VALID_MS = 86_400_000
/**
 * How long (ms) after its first report, or the end of a guest command, a system may report again: it does so when the
 * response was lost, and to get the next command. A later report could be a replay.
 */
const REPEAT_MS = 60_000
/** Requests a second from one machine, and refused ones from one address; sending a long output takes many. */
const MAX_REQUESTS = 200
/** Refused requests a second from all addresses; further ones get 429 instead of 403. */
const MAX_REFUSED = 500

/** Bytes of a guest command's output that are kept. */
export const OUTPUT_LIMIT = 1 << 20

export interface CallBackOptions {
  clock: Clock
  emit: Emit
  boots: Pick<BootTracker, 'session' | 'beat'>
  /** Interval (s) of the heartbeat that systems are asked for; 0: none. */
  heartbeat(): number
  guestCommands: GuestCommandTable
}

/**
 * The call-back: receives the report of a system that it is up, responds with guest commands, and receives their output
 * and exit status. All by GET: fetch(1) of FreeBSD's base system has no other method. A token is valid only for the boot
 * that it was made for, from an address that was leased to it. Other requests get 403, or 429 when there are too many;
 * one a second is logged. The query field of a guest command's id is `errand`, as the scripts that `be prepare` has put
 * into trees send it.
 */
export class CallBackHandler {
  readonly #options: CallBackOptions
  readonly #limiter: WarningLimiter
  readonly #reports: RateLimit
  readonly #requests: RateLimit
  readonly #refusals: RateLimit
  /** When a boot's last guest command ended (ms since 1970): it may report again then. */
  readonly #ended = new WeakMap<Session, number>()
  /** Count of refused requests. */
  refused = 0

  constructor(options: CallBackOptions) {
    this.#options = options
    this.#limiter = new WarningLimiter(options.clock)
    this.#reports = new RateLimit(options.clock, MAX_REQUESTS)
    this.#requests = new RateLimit(options.clock, MAX_REQUESTS)
    this.#refusals = new RateLimit(options.clock, MAX_REFUSED)
  }

  /** Handles requests of the call-back, and passes all others to `next`. */
  handler(next: HttpHandler): HttpHandler {
    return async request => {
      const route = ROUTE.exec(request.target)
      if (route === null) return SECRET.test(request.target) ? plain(404, 'no such report') : next(request)
      try {
        return this.#answer(request, route[1]!, route[2]!, new URLSearchParams(route[3] ?? ''))
      } catch (error) {
        return this.#fail(request.from.address, error)
      }
    }
  }

  #answer(request: HttpRequest, token: string, action: string, fields: URLSearchParams): HttpResponse {
    const ip = request.from.address
    const session = this.#options.boots.session(token)
    const wrong = session === undefined ? 'no boot has this token now' : this.#mismatch(session, ip)
    if (session === undefined || wrong !== undefined) {
      if (!this.#requests.pass(ip)) return this.#refuse(ip, 'too many reports from this address', 429)
      const flood = !this.#refusals.pass('')
      return this.#refuse(ip, wrong!, flood ? 429 : 403, session)
    }
    // Counted apart from those of strangers, of which there may be too many to tell apart.
    if (!this.#reports.pass(session.machine)) return this.#refuse(ip, 'too many reports', 429, session)
    if (request.method !== 'GET') return plain(405, 'only GET')
    if (action === 'up') return this.#up(session, ip, fields)
    if (action === 'beat') return this.#beat(session, ip)
    if (action === 'down') return this.#down(session, ip)
    const row = this.#options.guestCommands.get(decimal(fields, 'errand') ?? 0)
    if (row === undefined || !isSame(row.session, token)) {
      return this.#refuse(ip, 'not a command of this boot', 403, session)
    }
    return action === 'output' ? this.#output(row, fields) : this.#done(session, ip, row, fields)
  }

  /** Why a request from this address may not be of the boot that the token was made for. */
  #mismatch({ boot, renewed }: Session, ip: string): string | undefined {
    if (this.#options.clock.monotonic() - renewed > VALID_MS) return 'the token has expired'
    const own = new Set([...ownAddresses(boot), ...boot.addresses])
    return own.has(ip)
      ? undefined
      : `the token is that of ${[...own].join(', ') || 'a machine without an address'}`
  }

  #refuse(ip: string, why: string, status: number, session?: Session): HttpResponse {
    this.refused++
    if (this.#limiter.allow(ip)) {
      const detail = { from: ip, why, total: this.refused }
      // Without `mac`: a forged request must not become an event of the machine.
      this.#options.emit({ event: 'up:refused', level: 'warn', detail: { ...detail, of: session?.machine } })
    }
    return plain(status, status === 429 ? 'too many' : 'refused')
  }

  /** 503 where the state cannot be read or written: the guest's script tries again. */
  #fail(ip: string, error: unknown): HttpResponse {
    if (this.#limiter.allow('')) {
      this.#options.emit({ event: 'up:failed', level: 'error', ip, detail: { error: reason(error) } })
    }
    return plain(503, 'not now')
  }

  #up(session: Session, ip: string, fields: URLSearchParams): HttpResponse {
    const { clock, emit, guestCommands } = this.#options
    const { machine, token, boot } = session
    const { up } = boot.reached
    const reported = boot.evidence === 'call-back' && up !== undefined
    const beat = fields.get('beats') === '1' ? this.#options.heartbeat() : 0
    if (reported && clock.now() - Math.max(up, this.#ended.get(session) ?? 0) > REPEAT_MS) {
      // nbe-up was started again: no more than a heartbeat.
      if (boot.beat !== undefined && beat > 0) return this.#beat(session, ip, `beat ${beat}`)
      return this.#refuse(ip, 'it has reported already', 403, session)
    }
    if (!reported || boot.down !== undefined) {
      const seconds = Math.round((clock.now() - boot.began) / 100) / 10
      const texts = { uname: shortText(fields, 'uname'), root: shortText(fields, 'root') }
      const booted = shortText(fields, 'booted')
      const detail = { evidence: 'call-back', seconds, booted, ...texts, ...(beat > 0 && { beat }) }
      emit({ event: 'os:up', mac: boot.mac, ip, stage: 'os', be: boot.be, detail })
    }
    const row =
      boot.be === undefined
        ? undefined
        : guestCommands.take({
            ...{ machine, be: boot.be, session: token, began: boot.began },
            now: clock.now(),
          })
    if (row === undefined) return plain(200, beat > 0 ? `beat ${beat}` : 'ok')
    const { id, seconds, command } = row
    emit({ event: 'command:taken', mac: boot.mac, ip, stage: 'os', be: boot.be, detail: { id } })
    return plain(200, `run ${id} ${seconds}\n${command}`)
  }

  /** The system runs: what it says every time is not logged. */
  #beat(session: Session, ip: string, answer = 'ok'): HttpResponse {
    this.#options.boots.beat(session, ip)
    return plain(200, answer)
  }

  #down({ boot }: Session, ip: string): HttpResponse {
    this.#options.emit({ event: 'os:down', mac: boot.mac, ip, stage: 'os', be: boot.be })
    return plain(200, 'ok')
  }

  #output({ id, status }: GuestCommandRow, fields: URLSearchParams): HttpResponse {
    const at = decimal(fields, 'at')
    const piece = Buffer.from(fields.get('piece') ?? '', 'hex')
    if (at === undefined || piece.length === 0) return plain(400, 'no piece of output')
    const { guestCommands } = this.#options
    const room = OUTPUT_LIMIT - Math.max(at, guestCommands.outputBytes(id))
    const kept = piece.subarray(0, Math.max(0, room))
    if (status === undefined && kept.length > 0) guestCommands.addOutput(id, at, kept)
    return plain(200, 'ok')
  }

  #done(session: Session, ip: string, { id }: GuestCommandRow, fields: URLSearchParams): HttpResponse {
    const { guestCommands, emit, clock } = this.#options
    const { boot } = session
    const status = decimal(fields, 'status')
    if (status === undefined || status > 255) return plain(400, 'no exit status')
    if (guestCommands.end(id, status)) {
      this.#ended.set(session, clock.now())
      const detail = { id, status, bytes: guestCommands.outputBytes(id) }
      emit({ event: 'command:done', mac: boot.mac, ip, stage: 'os', be: boot.be, detail })
    }
    return plain(200, 'ok')
  }
}

function plain(status: number, text: string): HttpResponse {
  const body = Buffer.from(`${text}\n`)
  const headers = { 'content-type': 'text/plain', 'content-length': String(body.length) }
  return { status, headers: status === 200 ? headers : { ...headers, connection: 'close' }, body }
}

/** Compares two tokens in a time that does not depend on where they differ. */
function isSame(session: string | undefined, token: string): boolean {
  const [a, b] = [Buffer.from(session ?? ''), Buffer.from(token)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** A query field of decimal digits as a number; undefined when it is absent or something else. */
function decimal(fields: URLSearchParams, name: string): number | undefined {
  const text = fields.get(name) ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** A query field in hexadecimal as text of at most 200 characters; undefined when it is absent or empty. */
function shortText(fields: URLSearchParams, name: string): string | undefined {
  const text = Buffer.from(fields.get(name) ?? '', 'hex')
    .toString('utf8')
    .trim()
  return text === '' ? undefined : text.slice(0, 200)
}
