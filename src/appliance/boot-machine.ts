import { parseBeName } from '../be/name.ts'
import { BeError } from '../errors.ts'
import type { Appliance } from './appliance.ts'
import type { BootOn } from './boot-on.ts'
import { askErrand, awaitErrand, dropErrand } from './errand.ts'

/** From switching on to the end of the command, in seconds, where nothing else is said. */
const PATIENCE = 600

/**
 * Boots a machine into `be`, once, has COMMAND run there, and answers its exit status; what it printed goes to
 * `write`. Throws BE_NO_MACHINE, BE_MACHINE_KIND, and what `bootpxe` and `awaitErrand` throw.
 */
export async function bootMachine(be: Appliance, wanted: BootOn): Promise<number> {
  const { be: name, launch, command, timeoutMs, write } = wanted
  const machine = machineOf(be, wanted)
  if (be.dryRun) {
    await be.bootpxe(name, [machine], true)
    be.say(`would run there: ${command.join(' ')}`)
    return 0
  }
  const seconds = timeoutMs === undefined ? PATIENCE : Math.ceil(timeoutMs / 1000)
  const { name: plain } = await be.store.get(parseBeName(name, be.settings['be.parent']))
  const errand = askErrand(be, { machine, be: plain, command, seconds })
  try {
    await be.bootpxe(name, [machine], true)
  } catch (error) {
    dropErrand(be, errand)
    throw error
  }
  be.say(`${machine} (${launch}) is to boot ${plain} and run ${command.join(' ')}`)
  const { status, output } = await awaitErrand(be, errand, seconds)
  write?.(output)
  return status
}

/** The machine, which must be one that is started that way. */
function machineOf(be: Appliance, { launch, machine }: BootOn): string {
  if (machine === undefined) {
    throw new BeError('BE_NO_MACHINE', `no machine named to boot on ${launch}`, {
      expected: '--machine MACHINE',
      exit: 'usage',
    })
  }
  const { name, kind = 'metal' } = be.inventory.find(machine)
  if (kind === launch) return name
  throw new BeError('BE_MACHINE_KIND', `${name} is of kind ${kind}`, {
    expected: `one of kind ${launch}`,
    hint: `be boot --on ${kind}`,
    exit: 'usage',
  })
}
