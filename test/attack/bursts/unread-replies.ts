import net from 'node:net'
import { encodeRecord } from '../../../src/rpc/record.ts'
import { PROC } from '../../nfs/embedded/nfs-client.ts'
import type { Burst } from '../attack.ts'
import { ATTACKER, HUGE, SERVER } from '../network.ts'
import { handleOf, nfsCall, readArguments } from '../nfs.ts'

/** Connections of 16 addresses, 30 of each, with 60 READs of another megabyte on each, of whose replies nothing is read. */
export const unreadReplies: Burst = async attack => {
  const file = await handleOf(HUGE)
  let offset = 0
  const calls = () =>
    Buffer.concat(
      Array.from({ length: 60 }, (_, n) => {
        offset += 1 << 20
        return encodeRecord(nfsCall(n, PROC.READ, readArguments(file, offset, 1 << 20)))
      }),
    )
  for (let n = 0; n < 30; n++) {
    for (const localAddress of ATTACKER.slice(0, 16)) {
      const socket = net.connect({ host: SERVER, port: 2049, localAddress })
      socket.on('error', () => {})
      socket.pause()
      socket.write(calls())
    }
    await attack.pause(50)
  }
}

/** As many connections of 20 addresses as there may be, all the time, on which nothing is sent. */
export const idleConnections: Burst = async attack => {
  const open = new Set<net.Socket>()
  while (!attack.isOver()) {
    for (const localAddress of ATTACKER) {
      for (let n = 0; n < 40 && open.size < 2500; n++) {
        const socket = net.connect({ host: SERVER, port: 2049, localAddress })
        open.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => open.delete(socket))
      }
    }
    await attack.pause(200)
  }
}
