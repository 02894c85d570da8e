import { BeError, reason } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import type { Machine } from '../../machines/machine.ts'
import type { RecordedBoot } from '../../serve/boots/tracker.ts'
import { follow } from '../../session/follow.ts'
import { sessionsFile } from '../../session/log.ts'
import type { WakeRecord } from '../../wol/wol.ts'

/** What a machine sends when it wakes; what is said of it, and what we send, is none of it. */
const SIGN = /^(dhcp:(discover|request|inform|taken|bootp)|tftp:|http:|nfs:(root|traffic)|os:up)/

const WORDS: Record<string, string> = {
  dhcp: 'asked for an address',
  tftp: 'asked for a file',
  http: 'asked for a file',
  nfs: 'uses its root',
}

/** What the machine did before is none of what is waited for now. State that cannot be had is told, no more. */
export function recordWake(rooms: Lab, mac: string): void {
  try {
    rooms.boots.recordWake(mac, rooms.clock.now())
  } catch (error) {
    rooms.say(reason(error))
  }
}

/** The first that a machine did after it was woken. */
export interface Answered {
  machine: string
  event: string
  /** Since the magic packet. */
  seconds: number
  /** `asked for an address` */
  words: string
}

/**
 * Waits for a sign of life in the log of `be serve`. Throws BE_WOL_NO_ANSWER (75) when nothing came in time.
 * `since`: when the magic packet was sent, ms since 1970.
 */
export async function awaitAnswer(
  rooms: Lab,
  woken: WakeRecord,
  since: number,
  seconds: number,
): Promise<Answered> {
  const known = knownAs(rooms, woken.mac)
  const machine = known?.name
  const end = new AbortController()
  const timer = rooms.clock.timer(Math.max(0, since + seconds * 1000 - rooms.clock.now()), () => end.abort())
  try {
    const filter = {
      machine: machine ?? woken.mac,
      since,
      signal: end.signal,
      last: Number.POSITIVE_INFINITY,
    }
    for await (const { event, time } of follow(sessionsFile(rooms.stateDir), filter)) {
      if (!SIGN.test(event)) continue
      const after = Math.round((Date.parse(time) - since) / 100) / 10
      const words = WORDS[event.split(':')[0]!] ?? 'is up'
      return { machine: machine ?? woken.mac, event, seconds: Math.max(0, after), words }
    }
  } finally {
    timer.cancel()
  }
  // What a system that runs already reads and writes is not logged, only noted.
  const { heard = 0 } = bootOf(rooms, known?.mac ?? woken.mac) ?? {}
  if (heard >= since) {
    const after = Math.round((heard - since) / 100) / 10
    return { machine: machine ?? woken.mac, event: 'heard', seconds: after, words: 'runs already, heard of' }
  }
  const to = woken.sent
    .filter(({ error }) => error === undefined)
    .map(({ address, port }) => `${address}:${port}`)
  throw new BeError(
    'BE_WOL_NO_ANSWER',
    `sent on ${woken.from} to ${to.join(', ')}; no packet from ${woken.mac} in ${seconds} s`,
    {
      expected: 'a request for an address in the log of be serve',
      hint: 'see that be serve runs, the MAC is right, and firmware and network card allow Wake-on-LAN',
      exit: 'tryAgain',
    },
  )
}

function knownAs(rooms: Lab, mac: string): Machine | undefined {
  try {
    return rooms.inventory.get(mac)
  } catch {
    return undefined
  }
}

function bootOf(rooms: Lab, machine: string): RecordedBoot | undefined {
  try {
    return rooms.boots.get(machine)?.boot
  } catch {
    return undefined
  }
}
