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
