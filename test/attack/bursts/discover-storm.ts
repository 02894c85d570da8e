import { randomBytes } from 'node:crypto'
import { encode } from '../../../src/dhcp/message.ts'
import { MESSAGE_TYPE, OPTION } from '../../../src/dhcp/options/codes.ts'
import type { Burst } from '../attack.ts'
import { BROADCAST } from '../network.ts'

const MACHINES = 12_000

/** A DISCOVER of each of 12,000 machines that do not exist, 300 every tenth of a second. */
export const discoverStorm: Burst = async attack => {
  const socket = await attack.udp('0.0.0.0', 68)
  for (let n = 0; n < MACHINES; n++) {
    socket.send(discover(), { address: BROADCAST, port: 67 })
    if (n % 300 === 299) await attack.pause(100)
  }
}

function discover(): Buffer {
  const chaddr = randomBytes(6)
  chaddr[0] = 2
  return encode({
    ...{ op: 1, htype: 1, hops: 0, secs: 0, flags: 0x8000, xid: chaddr.readUInt32BE(2), chaddr },
    ...{ ciaddr: '0.0.0.0', yiaddr: '0.0.0.0', siaddr: '0.0.0.0', giaddr: '0.0.0.0', sname: '', file: '' },
    options: [
      [OPTION.messageType, Buffer.of(MESSAGE_TYPE.discover)],
      [OPTION.vendorClass, Buffer.from('PXEClient:Arch:00007:UNDI:003000')],
    ],
  })
}
