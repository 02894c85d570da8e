import { BeError } from '../errors/errors.ts'
import { poll } from '../net/poll.ts'
import { isReady } from '../state/service-lock.ts'
import type { Lab } from './lab.ts'

const POLL_MS = 100

/** Resolves when `be serve` answers on this state. Throws BE_SERVE_LATE when it does not within `limit` seconds. */
export async function awaitService(
  { stateDir, clock }: Pick<Lab, 'stateDir' | 'clock'>,
  limit: number,
): Promise<void> {
  const times = { everyMs: POLL_MS, limitMs: limit * 1000 }
  if (await poll(clock, times, () => isReady(stateDir))) return
  throw new BeError('BE_SERVE_LATE', `be serve does not answer after ${limit} s`, {
    hint: 'what keeps it is in the log of its service: /var/log/messages, or journalctl -u bed',
  })
}
