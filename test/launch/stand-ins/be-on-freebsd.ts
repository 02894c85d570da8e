import { reason } from '../../../src/errors/errors.ts'
import { Lab } from '../../../src/lab/lab.ts'
import { readSettings } from '../../../src/lab/settings.ts'
import type { JailOption } from '../../../src/launch/common/tree/jail-parameters.ts'
import { listEnvironments } from '../../../src/verbs/environments/list.ts'
import { startJail } from '../../../src/verbs/trees/jail.ts'
import { type RunInTreeInput, runInTree } from '../../../src/verbs/trees/run.ts'
import { endJail } from '../../../src/verbs/trees/unjail.ts'
import { shownUsers } from '../../../src/verbs/trees/users.ts'

/** `be` as on FreeBSD, for stand-ins on PATH: one call as JSON; ends with the status, or 99 and the error. */
type Call =
  | ({ do: 'run'; dryRun?: boolean } & RunInTreeInput)
  | { do: 'jail'; name: string; options: JailOption[] }
  | { do: 'unjail'; name: string }
  | { do: 'list'; name: string }

const call = JSON.parse(process.argv[2]!) as Call
const effective = await readSettings({ environment: process.env, flags: {}, platform: 'freebsd' })
const lab = new Lab(effective, {
  say: line => console.error(`be: ${line}`),
  dryRun: call.do === 'run' && call.dryRun === true,
})

try {
  if (call.do === 'run') {
    const ended = await runInTree(lab, call)
    if (typeof ended === 'string') console.log(ended)
    else process.exitCode = ended
  } else if (call.do === 'jail') console.log(JSON.stringify(await startJail(lab, call)))
  else if (call.do === 'list') {
    for (const { users } of await listEnvironments(lab, call)) console.log(shownUsers(users))
  } else console.log(await endJail(lab, call))
} catch (error) {
  console.error(`be: ${reason(error)}`)
  process.exitCode = 99
} finally {
  lab.close()
}
