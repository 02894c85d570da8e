import { readFileSync } from 'node:fs'
import { EXIT, reason } from '../../errors/errors.ts'
import { Lab } from '../../lab/lab.ts'
import type { Effective } from '../../lab/settings.ts'
import type { MachineLaunchName } from '../../launch/index.ts'
import type { Machine } from '../../machines/machine.ts'
import { launchPlan } from './plan.ts'

/** A start that is to be planned anew: the machine as it was built then, the boot environment as it is now. */
export interface Replanned {
  effective: Effective
  launch: MachineLaunchName
  be: string
  machine: Machine
}

/** The program `node replan.ts`, a Replanned on stdin: prints the plan, its file handle asked from mountd now. */
const { effective, launch, be, machine } = JSON.parse(readFileSync(0, 'utf8')) as Replanned
const rooms = new Lab(effective, {})
try {
  process.stdout.write(JSON.stringify(await launchPlan(rooms, launch, be, machine)))
} catch (error) {
  process.stderr.write(`${reason(error)}\n`)
  process.exitCode = EXIT.failed
} finally {
  rooms.close()
}
