import type { DhcpReply, DhcpTraits } from '../boot/dhcp.ts'
import { optionBytes, optionSpace } from '../boot/options/option-space.ts'
import { BeError, reason } from '../errors/errors.ts'
import type { Endpoint } from '../net/net.ts'
import type { SessionEvent } from '../session/event.ts'
import { NO_ADDRESS } from './address.ts'
import { addressOption, type DhcpMessage, encode, messageType, option } from './message.ts'
import { formatOption, OPTION, TYPE_NAMES } from './options.ts'
import { destination } from './reply.ts'
import type { DhcpServerOptions } from './server-options.ts'
import { traits } from './traits.ts'

/** One request on the table: the packet, who sent it, where from. */
export interface Exchange {
  message: DhcpMessage
  client: DhcpTraits
  from: Endpoint
  stage: string | undefined
  /** Answers straight back to the sender, from the socket that it asked, instead of where RFC 2131 says. */
  answer?: ((packet: Buffer) => void) | undefined
}

/** What authority and proxy share: asking for the plan, sending, telling what happened. */
export class DhcpResponder {
  readonly options: DhcpServerOptions
  readonly port: number
  /** Packets by what became of them: `discover`, `offer`, `malformed`… */
  readonly counters: Record<string, number> = {}
  /** Set while the server runs. */
  transmit: (packet: Buffer, to: Endpoint) => void = () => {}

  constructor(options: DhcpServerOptions) {
    this.options = options
    this.port = options.port ?? 67
  }

  exchange(message: DhcpMessage, from: Endpoint): Exchange {
    const client = traits(message)
    if (client.uuid !== undefined || client.clientId !== undefined) this.options.recognise?.(client)
    return { message, client, from, stage: this.options.stage?.(client) }
  }

  count(what: string): void {
    this.counters[what] = (this.counters[what] ?? 0) + 1
  }

  /** Counts and reports `dhcp:WHAT`. */
  report(what: string, query: Exchange, more: Omit<SessionEvent, 'event'> = {}): void {
    this.count(what)
    const { mac, xid } = query.client
    const detail = { xid: `0x${xid.toString(16)}`, ...more.detail }
    this.options.emit({ event: `dhcp:${what}`, mac, stage: query.stage, ...more, detail })
  }

  /** What a request says for itself, for its event. */
  asked(query: Exchange): NonNullable<SessionEvent['detail']> {
    const { message, client } = query
    return {
      requested: addressOption(message, OPTION.requestedAddress),
      server: addressOption(message, OPTION.serverId),
      ciaddr: message.ciaddr === NO_ADDRESS ? undefined : message.ciaddr,
      giaddr: message.giaddr === NO_ADDRESS ? undefined : message.giaddr,
      vendor: shown(message, OPTION.vendorClass),
      user: shown(message, OPTION.userClass),
      arch: client.archType,
    }
  }

  /** Sends a reply where it belongs and reports it. */
  send(query: Exchange, reply: DhcpMessage): void {
    const room = optionSpace(query.client.maxMessageSize)
    const used = 4 + optionBytes(reply.options) + 1
    // Said, not cut: a client that drops the tail of its options boots into a riddle.
    const tooBig = used > room ? `${used} bytes of options, room for ${room}` : undefined
    const to = destination(query.message, reply, this.port)
    const packet = encode(reply)
    if (query.answer) query.answer(packet)
    else this.transmit(packet, to)
    const type = messageType(reply)
    this.report(type === 0 ? 'bootp' : TYPE_NAMES[type]!.toLowerCase(), query, {
      ...(tooBig ? { level: 'warn' } : {}),
      ip: reply.yiaddr === NO_ADDRESS ? undefined : reply.yiaddr,
      detail: {
        server: reply.siaddr === NO_ADDRESS ? undefined : reply.siaddr,
        file: reply.file || undefined,
        root: shown(reply, OPTION.rootPath),
        message: shown(reply, OPTION.message),
        'too-big': tooBig,
      },
    })
  }

  /** The plan; when it fails, `fallback`, after saying why. Never rejects. */
  async decide(
    client: DhcpTraits,
    ip: string | undefined,
    fallback: DhcpReply | undefined,
  ): Promise<DhcpReply | undefined> {
    try {
      return await this.options.plan(client, ip)
    } catch (error) {
      this.count('refused')
      this.options.emit({
        event: 'dhcp:refused',
        level: 'error',
        mac: client.mac,
        ip,
        stage: this.options.stage?.(client),
        detail: { code: error instanceof BeError ? error.code : undefined, error: reason(error) },
      })
      return fallback
    }
  }
}

/** An option for an event; absent when it is not in the message. */
function shown(message: DhcpMessage, code: number): string | undefined {
  const value = option(message, code)
  return value && formatOption(code, value)
}
