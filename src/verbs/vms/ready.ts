import { constants, existsSync } from 'node:fs'
import { BeError } from '../../errors/errors.ts'
import { mayUse } from '../../host/access.ts'
import { listInterfaces } from '../../host/interfaces.ts'
import { type Platform, platformFacts } from '../../host/platform.ts'
import { programMissing } from '../../host/run.ts'
import type { LaunchPlan } from '../../launch/common/launch.ts'

/**
 * Checks that a plan can be carried out on this host, before anything is changed. Throws BE_PROGRAM_MISSING,
 * BE_FIRMWARE_MISSING, BE_TAP_TAKEN, BE_NO_BRIDGE.
 */
export async function checkReady(plan: LaunchPlan, platform: Platform): Promise<void> {
  const commands = [plan.main, ...(plan.load ?? []), ...plan.before.map(step => step.do)]
  for (const command of commands) {
    if ('argv' in command && !isProgram(command.argv[0]!)) throw programMissing(command.argv[0]!, platform)
  }
  for (const { path, from } of plan.needs ?? []) {
    if (existsSync(path)) continue
    throw new BeError('BE_FIRMWARE_MISSING', `${path} is not there`, {
      hint: `${platformFacts(platform).installCommand} ${from}`,
    })
  }
  const all = await listInterfaces(platform)
  const taken = plan.taps?.find(tap => all.some(({ name }) => name === tap))
  if (taken !== undefined) throw tapTaken(taken, plan, platform)
  const bridge = plan.before.find(step => step.bridge !== undefined)?.bridge
  const other = all.find(({ name, ports }) => name === bridge?.name && ports === undefined)
  if (other !== undefined) throw noBridge(other.name, plan)
}

const noBridge = (name: string, { machine }: LaunchPlan): BeError =>
  new BeError('BE_NO_BRIDGE', `${name}, which ${machine} would be plugged into, is no bridge`, {
    expected: 'a bridge, or a name for one that is made',
    hint: 'see vm.bridge, and be machine set --bridge',
  })

const tapTaken = (tap: string, { machine }: LaunchPlan, platform: Platform): BeError =>
  new BeError('BE_TAP_TAKEN', `${tap}, which ${machine} would be plugged into, is there already`, {
    expected: 'no other user of it: the end of its name comes from the MAC',
    hint: `see who uses it; ${platform === 'linux' ? `ip link delete ${tap}` : `ifconfig ${tap} destroy`} removes it`,
  })

const isProgram = (name: string): boolean =>
  name.includes('/')
    ? mayUse(name, constants.X_OK)
    : (process.env.PATH ?? '').split(':').some(dir => dir !== '' && mayUse(`${dir}/${name}`, constants.X_OK))
