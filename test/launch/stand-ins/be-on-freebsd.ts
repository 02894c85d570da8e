import { reason } from '../../../src/errors/errors.ts'
import { readSettings } from '../../../src/lab/settings.ts'
import type { JailOption } from '../../../src/launch/common/tree/jail-parameters.ts'
import { openAppliance } from '../../../src/verbs/appliance.ts'
import { endJail, startJail } from '../../../src/verbs/trees/jail.ts'
import { runInTree, type TreeCommand } from '../../../src/verbs/trees/run.ts'

/** Runs a verb, given as JSON, as on FreeBSD, with stand-ins on PATH. Exits with its status; 99: an error. */
type Call =
  | ({ do: 'run'; dryRun?: boolean } & TreeCommand)
  | { do: 'jail'; be: string; options: JailOption[] }
  | { do: 'unjail'; be: string }

const call = JSON.parse(process.argv[2]!) as Call
const effective = await readSettings({ environment: process.env, flags: {}, platform: 'freebsd' })
const appliance = openAppliance(effective, {
  say: line => console.error(`be: ${line}`),
  dryRun: call.do === 'run' && call.dryRun === true,
})

try {
  if (call.do === 'run') {
    const ended = await runInTree(appliance, call)
    if (typeof ended === 'string') console.log(ended)
    else process.exitCode = ended
  } else if (call.do === 'jail')
    console.log(JSON.stringify(await startJail(appliance, call.be, call.options)))
  else console.log(await endJail(appliance, call.be))
} catch (error) {
  console.error(`be: ${reason(error)}`)
  process.exitCode = 99
} finally {
  appliance.close()
}
