import net from 'node:net'
import type { Burst } from '../attack.ts'
import { ATTACKER, BE, LARGE, SERVER } from '../network.ts'

/** Connections of 16 addresses, 120 of each, that ask for a large file and read nothing of it. */
export const unreadFiles: Burst = async attack => {
  for (let n = 0; n < 120; n += 4) {
    for (const localAddress of ATTACKER.slice(0, 16)) {
      for (let i = 0; i < 4; i++) {
        const socket = net.connect({ host: SERVER, port: 8080, localAddress })
        socket.on('error', () => {})
        socket.pause()
        socket.write(`GET /be/${BE}/${LARGE} HTTP/1.1\r\nHost: a\r\n\r\n`)
      }
    }
    await attack.pause(50)
  }
}
