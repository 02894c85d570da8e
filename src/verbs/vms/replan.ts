import type { Effective } from '../../lab/settings.ts'
import type { MachineLaunchName } from '../../launch/index.ts'
import type { Machine } from '../../machines/machine.ts'

/** A start that is to be planned anew: the machine as it was at its start, the boot environment as it is now. */
export interface ReplanInput {
  effective: Effective
  launch: MachineLaunchName
  be: string
  machine: Machine
}
