import { BeError } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'
import { follow } from '../../session/follow.ts'
import { sessionsFile } from '../../session/log.ts'
import type { WakeRecord } from '../../wol/wol.ts'
import { machineIfReadable } from './find.ts'
import { sentTo } from './wake.ts'

/** Events that show that a machine is switched on. */
const SIGN_OF_LIFE = /^(dhcp:(discover|request|inform|taken|bootp)|tftp:|http:|nfs:(mounted|traffic)|os:up)/

/** What the machine did, by the part of the event's name before the colon. */
const ACTIONS: Record<string, string> = {
  dhcp: 'asked for an address',
  tftp: 'asked for a file',
  http: 'asked for a file',
  nfs: 'uses its root',
}

export interface WakeAnswerInput {
  /** As wakeMachine returned it. */
  record: WakeRecord
  /** When the magic packet was sent, ms since 1970. */
  since: number
  /** How long to wait, from `since`. */
  seconds: number
}

/** The first event of a machine after it was woken. */
export interface WakeAnswer {
  /** Name, or MAC where it has none. */
  machine: string
  event: string
  /** From the magic packet to the event. */
  seconds: number
  /** The event for a person: `asked for an address`. */
  words: string
}

type WakeAnswerLab = Pick<Lab, 'inventory' | 'boots' | 'clock' | 'stateDir'>

/** Waits for an event of a woken machine in the session log. Throws BE_WOL_NO_ANSWER (75) when none comes in time. */
export async function awaitWakeAnswer(
  lab: WakeAnswerLab,
  { record, since, seconds }: WakeAnswerInput,
): Promise<WakeAnswer> {
  const known = machineIfReadable(lab, record.mac)
  const machine = known?.name ?? record.mac
  const elapsed = (at: number) => Math.round((at - since) / 100) / 10
  const limit = new AbortController()
  const timer = lab.clock.timer(Math.max(0, since + seconds * 1000 - lab.clock.now()), () => limit.abort())
  try {
    const filter = { machine, since, signal: limit.signal, last: Number.POSITIVE_INFINITY }
    for await (const { event, time } of follow(sessionsFile(lab.stateDir), filter)) {
      if (!SIGN_OF_LIFE.test(event)) continue
      const words = ACTIONS[event.split(':')[0]!] ?? 'is up'
      return { machine, event, seconds: Math.max(0, elapsed(Date.parse(time))), words }
    }
  } finally {
    timer.cancel()
  }
  // The NFS traffic of a system that is up is not logged, but updates the time at which it was last heard of.
  const heard = lastHeard(lab, known?.mac ?? record.mac)
  if (heard >= since) {
    return { machine, event: 'heard', seconds: elapsed(heard), words: 'runs already, heard of' }
  }
  const to = sentTo(record).join(', ')
  throw new BeError(
    'BE_WOL_NO_ANSWER',
    `sent on ${record.from} to ${to}; no packet from ${record.mac} in ${seconds} s`,
    {
      expected: 'a request for an address in the log of be serve',
      hint: 'see that be serve runs, the MAC is right, and firmware and network card allow Wake-on-LAN',
    },
  )
}

/** When the machine was last heard of, ms since 1970; 0 if never, or where the state cannot be read. */
function lastHeard(lab: WakeAnswerLab, mac: string): number {
  try {
    return lab.boots.get(mac)?.boot?.heard ?? 0
  } catch {
    return 0
  }
}
