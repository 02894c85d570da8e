import { execa } from 'execa'
import type { Programs } from '../packages.ts'
import { IN_CLIENTS, TESTBED } from '../testbed.ts'

export interface Dora {
  /** DISCOVERs per second. */
  rate: number
  seconds: number
  /** Number of machines; with far more than there are exchanges nearly all of them are new. */
  machines: number
  /** Gives the machines of several runs different MACs. */
  seed: number
}

export interface DoraResult {
  /** Complete exchanges, from DISCOVER to ACK. */
  done: number
  /** Share of the DISCOVERs that got no ACK. */
  lost: number
}

/** Kea's perfdhcp as a relay agent whose clients go through DISCOVER, OFFER, REQUEST, ACK. */
export async function perfdhcp(programs: Programs, load: Dora): Promise<DoraResult> {
  const { rate, seconds, machines, seed } = load
  const mac = `52:54:${seed.toString(16).padStart(2, '0')}:00:00:00`
  const argv = [
    programs.path('perfdhcp'),
    ...['-4', '-r', String(rate), '-p', String(seconds), '-R', String(machines), '-b', `mac=${mac}`],
    // Waits for answers up to a second after the last request (µs).
    ...['-W', '1000000', '-l', TESTBED.client, TESTBED.server],
  ]
  // Status 3: some were lost, which is in the output, too.
  const [file, ...args] = [...IN_CLIENTS, ...argv]
  const { stdout, stderr, exitCode } = await execa(file!, args, {
    reject: false,
    timeout: (seconds + 30) * 1000,
    env: programs.env,
  })
  if (exitCode !== 0 && exitCode !== 3) throw new Error(`perfdhcp: ${stderr}${stdout}`)
  const [sent, acked] = [count(stdout, 'DISCOVER-OFFER', 'sent'), count(stdout, 'REQUEST-ACK', 'received')]
  return { done: acked, lost: 1 - acked / sent }
}

function count(text: string, exchange: string, what: 'sent' | 'received'): number {
  const part = text.split(`***Statistics for: ${exchange}***`)[1] ?? ''
  const [, number] = new RegExp(`^${what} packets: (\\d+)$`, 'm').exec(part) ?? []
  if (number === undefined) throw new Error(`perfdhcp says nothing of ${exchange}: ${text}`)
  return Number(number)
}
