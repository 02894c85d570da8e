import type { DhcpReply, DhcpRequestFields } from '../boot/dhcp.ts'
import { optionBytes, optionSpace } from '../boot/options/option-space.ts'
import { BeError, reason } from '../errors/errors.ts'
import { NO_ADDRESS } from '../net/ipv4.ts'
import type { Endpoint } from '../net/net.ts'
import type { SessionEvent } from '../session/event.ts'
import { addressOption, type DhcpMessage, encode, messageType, option } from './message.ts'
import { MESSAGE_TYPE_NAMES, OPTION } from './options/codes.ts'
import { formatOption } from './options/text.ts'
import { destination } from './reply.ts'
import { requestFields } from './request-fields.ts'
import type { DhcpServerOptions } from './server-options.ts'

/** One request being answered. */
export interface Exchange {
  message: DhcpMessage
  client: DhcpRequestFields
  /** The sender of the packet: the client or its relay agent. */
  from: Endpoint
  stage: string | undefined
  /** Sends the reply to `from`, out of the socket that received the request, instead of where RFC 2131 says. */
  replyToSender?: ((packet: Buffer) => void) | undefined
}

/** What authority and proxy have in common: boot plans, replies, events and counters. */
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
    const client = requestFields(message)
    if (client.uuid !== undefined || client.clientId !== undefined) this.options.recognise?.(client)
    return { message, client, from, stage: this.options.stage?.(client) }
  }

  count(what: string): void {
    this.counters[what] = (this.counters[what] ?? 0) + 1
  }

  /** Counts, and emits `dhcp:WHAT`. */
  report(what: string, exchange: Exchange, more: Omit<SessionEvent, 'event'> = {}): void {
    this.count(what)
    const { mac, xid } = exchange.client
    const detail = { xid: `0x${xid.toString(16)}`, ...more.detail }
    this.options.emit({ event: `dhcp:${what}`, mac, stage: exchange.stage, ...more, detail })
  }

  /** Reports a request with the fields that an administrator wants to see of it. */
  reportRequest(what: string, exchange: Exchange): void {
    const { message, client } = exchange
    const detail = {
      requested: addressOption(message, OPTION.requestedAddress),
      server: addressOption(message, OPTION.serverId),
      ciaddr: message.ciaddr === NO_ADDRESS ? undefined : message.ciaddr,
      giaddr: message.giaddr === NO_ADDRESS ? undefined : message.giaddr,
      vendor: optionText(message, OPTION.vendorClass),
      user: optionText(message, OPTION.userClass),
      arch: client.archType,
    }
    this.report(what, exchange, { detail })
  }

  /** Sends a reply and reports it. */
  send(exchange: Exchange, reply: DhcpMessage): void {
    const room = optionSpace(exchange.client.maxMessageSize)
    const used = 4 + optionBytes(reply.options) + 1
    // Sent uncut, with a warning: a client that misses some of its options fails far from the cause.
    const tooBig = used > room ? `${used} bytes of options, room for ${room}` : undefined
    const to = destination(exchange, reply, this.port)
    const packet = encode(reply)
    if (exchange.replyToSender) exchange.replyToSender(packet)
    else this.transmit(packet, to)
    const type = messageType(reply)
    this.report(type === 0 ? 'bootp' : MESSAGE_TYPE_NAMES[type]!.toLowerCase(), exchange, {
      ...(tooBig ? { level: 'warn' } : {}),
      ip: reply.yiaddr === NO_ADDRESS ? undefined : reply.yiaddr,
      detail: {
        server: reply.siaddr === NO_ADDRESS ? undefined : reply.siaddr,
        file: reply.file || undefined,
        root: optionText(reply, OPTION.rootPath),
        message: optionText(reply, OPTION.message),
        'too-big': tooBig,
      },
    })
  }

  /** The boot plan; `fallback`, after `dhcp:plan-failed`, when it fails. Never rejects. */
  async plan(
    client: DhcpRequestFields,
    ip: string | undefined,
    fallback: DhcpReply | undefined,
    informed = false,
  ): Promise<DhcpReply | undefined> {
    try {
      return await this.options.plan(client, ip, informed)
    } catch (error) {
      this.count('plan-failed')
      this.options.emit({
        event: 'dhcp:plan-failed',
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

/** An option's value for an event; undefined when the message has no such option. */
function optionText(message: DhcpMessage, code: number): string | undefined {
  const value = option(message, code)
  return value && formatOption(code, value)
}
