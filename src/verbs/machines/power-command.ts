import { BeError } from '../../errors/errors.ts'
import { run } from '../../host/run.ts'
import type { Lab } from '../../lab/lab.ts'
import type { LaunchPlan } from '../../launch/common/launch.ts'
import type { Machine } from '../../machines/machine.ts'
import { recordWake } from './wake-record.ts'

/** Time limit (ms) of a power command. */
const LIMIT_MS = 60_000

export interface PowerCommandInput {
  machine: Machine
  /** Its plan by launch `metal`. */
  plan: LaunchPlan
}

/** Switches a machine on by its power command. Throws BE_MACHINE_METAL when it has none, and what running it throws. */
export async function runPowerCommand(
  lab: Pick<Lab, 'boots' | 'clock' | 'effective' | 'say' | 'warn'>,
  { machine: { name, mac, hardware }, plan: { main } }: PowerCommandInput,
): Promise<void> {
  if (hardware?.power === undefined) {
    throw new BeError('BE_MACHINE_METAL', `${name} is a machine of its own, without a power command`, {
      hint: `be wol ${name} wakes it; be machine set ${name} --power COMMAND gives it one`,
    })
  }
  recordWake(lab, mac)
  await run(main.argv, { timeoutMs: LIMIT_MS, platform: lab.effective.platform })
  lab.say(`${name} was switched on: ${main.argv[0]} did it`)
}
