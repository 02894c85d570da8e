import type { Effective } from '../../lab/settings.ts'
import type { MachineLaunchName } from '../../launch/index.ts'
import type { Machine } from '../../machines/machine.ts'

/** The input for planning a start again when the machine reboots: all but the boot environment is as it was at its start. */
export interface ReplanInput {
  effective: Effective
  launch: MachineLaunchName
  /** Name of the boot environment. */
  be: string
  machine: Machine
}
