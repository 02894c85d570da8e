import { errno } from '../errors/errors.ts'
import type { Clock, Network } from '../net/net.ts'

/** Discard (RFC 863): open nowhere today, and where it is, the datagram does nothing. */
const PORT = 9

/**
 * A host on the segment answers within milliseconds. Shorter than the kernel's second try at ARP, which the
 * client itself, by then at that address, would answer.
 */
const WAIT_MS = 500

/** In a storm of new machines the rest go unprobed. */
const MOST = 64

/**
 * Finds out whether a host uses an address that was just offered, while the client makes up its mind: a
 * datagram to a closed port is refused by ICMP (RFC 1122, section 3.2.2.1), which a connected socket is
 * told of. That needs no raw socket; a host that drops what it does not expect stays unseen.
 */
export class AddressProbes {
  readonly #network: Network
  readonly #clock: Clock
  readonly #from: string
  /** By machine. */
  readonly #running = new Map<string, () => void>()
  #stopped = false

  constructor(options: { network: Network; clock: Clock; from: string }) {
    this.#network = options.network
    this.#clock = options.clock
    this.#from = options.from
  }

  /** Probes `ip`, offered to `mac`; calls `taken` once if a host answers there before `cancel`. */
  start(mac: string, ip: string, taken: () => void): void {
    this.cancel(mac)
    if (this.#stopped || this.#running.size >= MOST) return
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
      taken()
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
      // No socket, no probe: the client's own check (RFC 2131, section 4.4.1) is left.
      end,
    )
  }

  /** The client goes on with the address: from now on it may be the client itself that answers. */
  cancel(mac: string): void {
    this.#running.get(mac)?.()
  }

  /** Ends all; none begins any more. */
  stop(): void {
    this.#stopped = true
    for (const end of [...this.#running.values()]) end()
  }
}
