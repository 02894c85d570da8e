import { buildRequest } from '../../../src/tftp/packet.ts'
import type { Burst } from '../attack.ts'
import { LOADER, NOBODY, SERVER } from '../network.ts'

/** 3000 requests or more, 60 of each address, whose first packet need not be acknowledged before 255 s have passed. */
export const tftpTimeouts: Burst = async attack => {
  const options: [string, string][] = [['timeout', '255']]
  const request = buildRequest({ kind: 'rrq', file: `be/b1/${LOADER}`, mode: 'octet', options })
  for (let n = 0; n < 60 || !attack.isOver(); n++) {
    for (const address of NOBODY) {
      const socket = await attack.udp(address)
      socket.send(request, { address: SERVER, port: 69 })
      setTimeout(() => socket.close(), 100)
    }
    await attack.pause(20)
  }
}
