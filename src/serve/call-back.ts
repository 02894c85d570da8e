import { reason } from '../errors/errors.ts'
import type { Clock, HttpHandler, HttpRequest, HttpResponse } from '../net/net.ts'
import type { Emit } from '../session/event.ts'
import { WarningLimiter } from '../session/warning-limiter.ts'
import type { GuestCommandRow, GuestCommandTable } from '../state/guest-command-table.ts'
import type { BootTracker, Session } from './boots/tracker.ts'
import { RateLimit } from './rate-limit.ts'

/** `/s/TOKEN/up?uname=HEX&root=HEX`, `/s/TOKEN/output?errand=ID&at=N&piece=HEX`, `/s/TOKEN/done?errand=ID&status=N` */
const ROUTE = /^\/+s\/([A-Za-z0-9_-]{22})\/(up|output|done)(?:\?(.*))?$/s

/** A token outlives no day, even of a machine that stays up. */
const VALID_MS = 86_400_000
/** A system whose answer was lost asks again, and so does one with an errand done; who comes later repeats what it overheard. */
const AGAIN_MS = 60_000
/** Requests of one address a second: a system that hands in a long output needs most of them. */
const MOST = 200
/** Refused ones of all a second, beyond which strangers are not looked at. */
const MOST_REFUSED = 500

/** Of an errand's output; what comes after is dropped. */
export const OUTPUT_MOST = 1 << 20

export interface CallBackOptions {
  clock: Clock
  emit: Emit
  boots: Pick<BootTracker, 'session'>
  errands: GuestCommandTable
}

/**
 * Takes the word of systems that they are up, gives them errands, and takes the outcome. All of it by GET: fetch(1)
 * of FreeBSD's base system knows nothing else. Only the boot that a token was made for may use it, from an
 * address that it was given; all others get 403, a flood 429, and the log one line a second.
 */
export class CallBackHandler {
  readonly #options: CallBackOptions
  readonly #complaints: WarningLimiter
  readonly #each: RateLimit
  readonly #strangers: RateLimit
  /** When a boot's last errand ended: it asks for the next one then, however long it was at it. */
  readonly #ended = new WeakMap<Session, number>()
  /** Reports that were refused since the start. */
  refused = 0

  constructor(options: CallBackOptions) {
    this.#options = options
    this.#complaints = new WarningLimiter(options.clock)
    this.#each = new RateLimit(options.clock, MOST)
    this.#strangers = new RateLimit(options.clock, MOST_REFUSED)
  }

  /** Answers reports, and leaves all else to `next`. */
  handler(next: HttpHandler): HttpHandler {
    return async request => {
      const route = ROUTE.exec(request.target)
      if (route === null) return next(request)
      try {
        return this.#answer(request, route[1]!, route[2]!, new URLSearchParams(route[3] ?? ''))
      } catch (error) {
        return this.#fail(request.from.address, error)
      }
    }
  }

  #answer(request: HttpRequest, token: string, what: string, fields: URLSearchParams): HttpResponse {
    const ip = request.from.address
    if (!this.#each.pass(ip)) return this.#refuse(ip, 'too many reports from this address', 429)
    const session = this.#options.boots.session(token)
    const wrong = session === undefined ? 'no boot has this token now' : this.#wrong(session, ip)
    if (session === undefined || wrong !== undefined) {
      const flood = !this.#strangers.pass('')
      return this.#refuse(ip, wrong!, flood ? 429 : 403, session)
    }
    if (request.method !== 'GET') return plain(405, 'only GET')
    if (what === 'up') return this.#up(session, ip, fields)
    const errand = this.#options.errands.get(whole(fields, 'errand') ?? 0)
    if (errand?.session !== token) return this.#refuse(ip, 'not an errand of this boot', 403, session)
    return what === 'output' ? this.#output(errand, fields) : this.#done(session, ip, errand, fields)
  }

  /** Why this may not be the boot that the token was made for. */
  #wrong({ boot, since }: Session, ip: string): string | undefined {
    if (this.#options.clock.monotonic() - since > VALID_MS) return 'the token has expired'
    const own = boot.addresses.length === 0 || boot.addresses.includes(ip)
    return own ? undefined : `the token is that of ${boot.addresses.join(', ')}`
  }

  #refuse(ip: string, why: string, status: number, session?: Session): HttpResponse {
    this.refused++
    if (this.#complaints.allow(ip)) {
      const detail = { from: ip, why, total: this.refused }
      // Not as the machine's own: its log and its boot are not for others to write into.
      this.#options.emit({ event: 'up:refused', level: 'warn', detail: { ...detail, of: session?.machine } })
    }
    return plain(status, status === 429 ? 'too many' : 'refused')
  }

  /** The state cannot be had: whoever reports tries again. */
  #fail(ip: string, error: unknown): HttpResponse {
    if (this.#complaints.allow('')) {
      this.#options.emit({ event: 'up:failed', level: 'error', ip, detail: { error: reason(error) } })
    }
    return plain(503, 'not now')
  }

  #up(session: Session, ip: string, fields: URLSearchParams): HttpResponse {
    const { clock, emit, errands } = this.#options
    const { machine, token, boot } = session
    const { up } = boot.reached
    const reported = boot.evidence === 'call-back' && up !== undefined
    if (reported && clock.now() - Math.max(up, this.#ended.get(session) ?? 0) > AGAIN_MS) {
      return this.#refuse(ip, 'it has reported already', 403, session)
    }
    if (!reported) {
      const seconds = Math.round((clock.now() - boot.began) / 100) / 10
      const words = { uname: words200(fields, 'uname'), root: words200(fields, 'root') }
      const detail = { evidence: 'call-back', seconds, booted: words200(fields, 'booted'), ...words }
      emit({ event: 'os:up', mac: boot.mac, ip, stage: 'os', be: boot.be, detail })
    }
    const errand = boot.be === undefined ? undefined : errands.take(machine, boot.be, token, clock.now())
    if (errand === undefined) return plain(200, 'ok')
    emit({
      event: 'command:taken',
      mac: boot.mac,
      ip,
      stage: 'os',
      be: boot.be,
      detail: { errand: errand.id },
    })
    return plain(200, `run ${errand.id} ${errand.seconds}\n${errand.command}`)
  }

  #output({ id, status }: GuestCommandRow, fields: URLSearchParams): HttpResponse {
    const at = whole(fields, 'at')
    const piece = Buffer.from(fields.get('piece') ?? '', 'hex')
    if (at === undefined || piece.length === 0) return plain(400, 'no piece of output')
    const { errands } = this.#options
    const kept = piece.subarray(0, Math.max(0, OUTPUT_MOST - Math.max(at, errands.outputBytes(id))))
    if (status === undefined && kept.length > 0) errands.addOutput(id, at, kept)
    return plain(200, 'ok')
  }

  #done(session: Session, ip: string, { id }: GuestCommandRow, fields: URLSearchParams): HttpResponse {
    const { errands, emit, clock } = this.#options
    const { boot } = session
    const status = whole(fields, 'status')
    if (status === undefined || status > 255) return plain(400, 'no exit status')
    if (errands.end(id, status)) {
      this.#ended.set(session, clock.now())
      const detail = { errand: id, status, bytes: errands.outputBytes(id) }
      emit({ event: 'command:done', mac: boot.mac, ip, stage: 'os', be: boot.be, detail })
    }
    return plain(200, 'ok')
  }
}

function plain(status: number, words: string): HttpResponse {
  const body = Buffer.from(`${words}\n`)
  const headers = { 'content-type': 'text/plain', 'content-length': String(body.length) }
  return { status, headers: status === 200 ? headers : { ...headers, connection: 'close' }, body }
}

/** A field of decimal digits; undefined when it is none, or there is none. */
function whole(fields: URLSearchParams, name: string): number | undefined {
  const text = fields.get(name) ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}

/** A field in hexadecimal digits, as text of 200 characters at most; undefined when there is none. */
function words200(fields: URLSearchParams, name: string): string | undefined {
  const text = Buffer.from(fields.get(name) ?? '', 'hex')
    .toString('utf8')
    .trim()
  return text === '' ? undefined : text.slice(0, 200)
}
