import { errno } from '../errors/errors.ts'
import type { Clock, Network } from '../net/net.ts'

/** Discard (RFC 863): closed on nearly all hosts, and harmless where it is open. */
const PORT = 9

/**
 * Time (ms) that a probe waits. A host on the segment answers within milliseconds; and the kernel's second ARP
 * request, one second after the first, could be answered by the client itself, at that address by then.
 */
const WAIT_MS = 500

/** Probes at a time; offers beyond that are not probed. */
const MAX_PROBES = 64

/**
 * Finds out whether a host uses an address that was just offered, before the client's REQUEST: a host refuses a
 * datagram to a closed port by ICMP (RFC 1122, section 3.2.2.1), which the kernel reports on a connected socket
 * as ECONNREFUSED. That needs no raw socket; a host that drops unexpected datagrams is not detected.
 */
export class AddressProbes {
  readonly #network: Network
  readonly #clock: Clock
  readonly #from: string
  /** What ends each probe, by MAC. */
  readonly #running = new Map<string, () => void>()
  #stopped = false

  /** `from`: this host's address on the segment. */
  constructor(options: { network: Network; clock: Clock; from: string }) {
    this.#network = options.network
    this.#clock = options.clock
    this.#from = options.from
  }

  /** Probes `ip`, offered to `mac`; calls `inUse` once if a host answers there before `cancel`. */
  start(mac: string, ip: string, inUse: () => void): void {
    this.cancel(mac)
    if (this.#stopped || this.#running.size >= MAX_PROBES) return
    let close = () => {}
    const end = () => {
      timer.cancel()
      close()
      if (this.#running.get(mac) === end) this.#running.delete(mac)
    }
    const timer = this.#clock.timer(WAIT_MS, end)
    const answered = () => {
      if (this.#running.get(mac) !== end) return
      end()
      inUse()
    }
    this.#running.set(mac, end)
    const socket = this.#network.udp({ address: this.#from, port: 0, connect: { address: ip, port: PORT } })
    socket.then(
      open => {
        close = () => open.close()
        if (this.#running.get(mac) !== end) return close()
        open.onError(error => errno(error) === 'ECONNREFUSED' && answered())
        open.onMessage(answered)
        open.send(Buffer.of(0))
      },
      // Without a socket there is no probe; the client checks the address itself (RFC 2131, section 4.4.1).
      end,
    )
  }

  /** Ends the probe for this client: from its REQUEST on, the client itself may answer at the address. */
  cancel(mac: string): void {
    this.#running.get(mac)?.()
  }

  /** Ends all probes and starts no more. */
  stop(): void {
    this.#stopped = true
    for (const end of [...this.#running.values()]) end()
  }
}
