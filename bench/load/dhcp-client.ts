import { type DhcpMessage, decode, encode, messageType, option } from '../../src/dhcp/message.ts'
import { type DhcpOption, MESSAGE_TYPE, OPTION } from '../../src/dhcp/options/codes.ts'
import { formatMac } from '../../src/dhcp/options/mac.ts'
import type { Clock, Network, UdpSocket } from '../../src/net/net.ts'

const ANY = '0.0.0.0'

/** DHCP clients of many machines on one pair of sockets; answers are told apart by hardware address. */
export class DhcpClients {
  readonly #out: UdpSocket
  readonly #clock: Clock
  readonly #waiting = new Map<string, (answer: DhcpMessage) => void>()

  private constructor(out: UdpSocket, inbound: UdpSocket, clock: Clock) {
    this.#out = out
    this.#clock = clock
    inbound.onMessage(data => {
      const answer = decode(data)
      this.#waiting.get(formatMac(answer.chaddr))?.(answer)
    })
  }

  /** `address` is that of the interface for broadcasts; broadcasts arrive at a socket on 0.0.0.0 only. */
  static async open(network: Network, clock: Clock, address: string): Promise<DhcpClients> {
    const common = { port: 68, broadcast: true, reuse: true, receiveBuffer: 4 << 20 }
    const inbound = await network.udp({ ...common, address: ANY })
    return new DhcpClients(await network.udp({ ...common, address }), inbound, clock)
  }

  /** DISCOVER, OFFER, REQUEST, ACK; resolves with the address. */
  async lease(chaddr: Buffer, xid: number, options: DhcpOption[]): Promise<string> {
    const offer = await this.#exchange(
      request(chaddr, xid, MESSAGE_TYPE.discover, options),
      MESSAGE_TYPE.offer,
    )
    const yiaddr = Buffer.from(offer.yiaddr.split('.').map(Number))
    const chosen: DhcpOption[] = [
      [OPTION.requestedAddress, yiaddr],
      [OPTION.serverId, option(offer, OPTION.serverId)!],
    ]
    const ack = await this.#exchange(
      request(chaddr, xid, MESSAGE_TYPE.request, [...chosen, ...options]),
      MESSAGE_TYPE.ack,
    )
    return ack.yiaddr
  }

  /** Sends the message, again after 4, 8, 16… seconds, as EDK2 does, until the answer arrives. */
  #exchange(message: DhcpMessage, wanted: number): Promise<DhcpMessage> {
    const packet = encode(message)
    const mac = formatMac(message.chaddr)
    return new Promise(resolve => {
      let wait = 4000
      const send = () => {
        this.#out.send(packet, { address: '255.255.255.255', port: 67 })
        const timer = this.#clock.timer(wait, send)
        wait *= 2
        this.#waiting.set(mac, answer => {
          if (answer.xid !== message.xid || messageType(answer) !== wanted) return
          timer.cancel()
          this.#waiting.delete(mac)
          resolve(answer)
        })
      }
      send()
    })
  }
}

/** The broadcast flag is set: the hardware addresses of the machines are not that of the interface. */
const request = (chaddr: Buffer, xid: number, type: number, options: DhcpOption[]): DhcpMessage => ({
  ...{ op: 1, htype: 1, hops: 0, xid, secs: 0, flags: 0x8000 },
  ...{ ciaddr: ANY, yiaddr: ANY, siaddr: ANY, giaddr: ANY },
  chaddr,
  sname: '',
  file: '',
  options: [[OPTION.messageType, Buffer.of(type)], ...options],
})
