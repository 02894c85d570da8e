import { openAppliance } from '../../src/appliance/appliance.ts'
import { type Inside, runInside } from '../../src/appliance/inside.ts'
import { endJail, startJail } from '../../src/appliance/jails.ts'
import { readSettings } from '../../src/appliance/settings.ts'
import { reason } from '../../src/errors.ts'
import type { JailOption } from '../../src/launch/jail-parameters.ts'

/** `be` as on FreeBSD, for stand-ins on PATH: one call as JSON; ends with the status, or 99 and the error. */
type Call =
  | ({ do: 'run'; dryRun?: boolean } & Inside)
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
    const ended = await runInside(appliance, call)
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
