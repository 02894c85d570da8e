import net from 'node:net'
import type { UdpSocket } from '../../src/net/net.ts'

/** What an attack is given. */
export interface Attack {
  /** Whether it should end. */
  isOver(): boolean
  /** Waits, at most until it should end. */
  pause(ms: number): Promise<void>
  /** A socket with an address of ATTACKER or NOBODY; what is sent to NOBODY does not arrive. */
  udp(address: string, port?: number): Promise<UdpSocket>
}

/** Attacks until it should end, or has done all it can; what it holds open is closed when the process ends. */
export type Burst = (attack: Attack) => Promise<void>

/**
 * Sends `request` on a connection of its own; resolves with it when the response begins, of which no more is read, or when it
 * is closed. Who opens the next connection then waits for the service, and not for its turn to be accepted.
 */
export function askAndStop(
  server: string,
  port: number,
  localAddress: string,
  request: Buffer,
): Promise<net.Socket> {
  const socket = net.connect({ host: server, port, localAddress })
  socket.write(request)
  return new Promise(done => {
    socket.once('data', () => {
      socket.pause()
      done(socket)
    })
    socket.on('error', () => {})
    socket.once('close', () => done(socket))
  })
}

/** Runs `open` 120 times for each address, four at a time. */
export async function manyOfEach(
  addresses: readonly string[],
  open: (address: string) => Promise<void>,
): Promise<void> {
  const lanes = addresses.flatMap(address => Array.from({ length: 4 }, () => address))
  await Promise.all(
    lanes.map(async address => {
      for (let n = 0; n < 30; n++) await open(address)
    }),
  )
}
