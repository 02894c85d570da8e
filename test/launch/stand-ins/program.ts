import { bhyve, bhyvectl, bhyveload } from './bhyve.ts'
import { ifconfig } from './ifconfig.ts'
import { Refused, Shared } from './world.ts'
import { xl } from './xl.ts'

/** `program.ts WORLD NAME ARGUMENT…`: runs the stand-in of program NAME. */
const [, , file, name, ...argv] = process.argv as [string, string, string, string, ...string[]]
const shared = new Shared(file)
shared.change(world => world.calls.push([name, ...argv]))

const kldload = (): number => {
  if (argv.join(' ') !== '-n vmm') throw new Refused(`can't load ${argv.at(-1)}: No such file or directory`)
  return 0
}

const programs: Record<string, () => number | Promise<number>> = {
  bhyve: () => bhyve(shared, argv),
  bhyvectl: () => bhyvectl(shared, argv),
  bhyveload: () => bhyveload(shared, argv),
  ifconfig: () => ifconfig(shared, argv),
  kldload,
  xl: () => xl(shared, argv),
}

try {
  process.exit(await programs[name]!())
} catch (error) {
  process.stderr.write(`${name}: ${(error as Error).message}\n`)
  process.exit(error instanceof Refused ? error.status : 99)
}
