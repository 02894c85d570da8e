/**
 * The program `node replan-main.ts`: reads a ReplanInput as JSON from stdin, and prints the LaunchPlan as JSON, with the
 * file handle that mountd grants now.
 */
import { readFileSync } from 'node:fs'
import { reason } from '../../errors/errors.ts'
import { EXIT } from '../../errors/sysexits.ts'
import { Lab } from '../../lab/lab.ts'
import { launchPlan } from './plan.ts'
import type { ReplanInput } from './replan.ts'

const { effective, ...input } = JSON.parse(readFileSync(0, 'utf8')) as ReplanInput
const lab = new Lab(effective)
try {
  process.stdout.write(JSON.stringify(await launchPlan(lab, input)))
} catch (error) {
  process.stderr.write(`${reason(error)}\n`)
  process.exitCode = EXIT.failed
} finally {
  lab.close()
}
