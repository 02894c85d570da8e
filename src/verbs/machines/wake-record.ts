import { reason } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'

/** Notes that a machine was switched on now: what it did before no longer counts. A failure is reported, no more. */
export function recordWake(lab: Pick<Lab, 'boots' | 'clock' | 'say'>, mac: string): void {
  try {
    lab.boots.recordWake(mac, lab.clock.now())
  } catch (error) {
    lab.say(reason(error))
  }
}
