import type { Effective } from '../../lab/settings.ts'
import type { LaunchName } from '../../launch/common/launch.ts'
import type { Machine } from '../../machines/machine.ts'

/** A start that is to be planned anew: the machine as it was at its start, the boot environment as it is now. */
export interface ReplanInput {
  effective: Effective
  launch: LaunchName
  be: string
  machine: Machine
}
