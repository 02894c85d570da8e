import { reason } from '../../errors/errors.ts'
import type { Lab } from '../../lab/lab.ts'

/** Records that a machine was switched on now, so that its earlier boot no longer counts. A failure is only reported. */
export function recordWake(lab: Pick<Lab, 'boots' | 'clock' | 'warn'>, mac: string): void {
  try {
    lab.boots.recordWake(mac, lab.clock.now())
  } catch (error) {
    lab.warn(`the wake-up of ${mac} is not noted: ${reason(error)}`)
  }
}
