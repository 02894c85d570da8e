import { encode } from '../../../src/dhcp/message.ts'
import { type DhcpOption, MESSAGE_TYPE, OPTION } from '../../../src/dhcp/options/codes.ts'
import type { Burst } from '../attack.ts'
import { NOBODY, SERVER } from '../network.ts'

/** 250 INFORMs a second, whose ACKs go to addresses that do not answer ARP. */
export const informToNobody: Burst = async attack => {
  const socket = await attack.udp('0.0.0.0', 68)
  for (let n = 0; !attack.isOver(); ) {
    for (let i = 0; i < 25; i++, n++) {
      const address = NOBODY[n % NOBODY.length]!
      socket.send(inform(address, n), { address: SERVER, port: 67 })
    }
    await attack.pause(100)
  }
}

function inform(ciaddr: string, n: number): Buffer {
  const options: DhcpOption[] = [
    [OPTION.messageType, Buffer.of(MESSAGE_TYPE.inform)],
    [OPTION.vendorClass, Buffer.from('PXEClient:Arch:00007:UNDI:003000')],
  ]
  return encode({
    ...{
      op: 1,
      htype: 1,
      hops: 0,
      secs: 0,
      flags: 0,
      xid: n,
      chaddr: Buffer.from([2, 0, 0, 2, n >> 8, n & 255]),
    },
    ...{ ciaddr, yiaddr: '0.0.0.0', siaddr: '0.0.0.0', giaddr: '0.0.0.0', sname: '', file: '' },
    options,
  })
}
