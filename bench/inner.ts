import { parseArgs } from 'node:util'
import { reason } from '../src/errors/errors.ts'
import { EXIT } from '../src/errors/sysexits.ts'
import { BENCHES } from './benches.ts'
import { Programs } from './packages.ts'
import { table } from './row.ts'
import { setUpTestbed } from './testbed.ts'

/** The first process in the namespaces that main.ts makes: runs one bench and prints its rows. */
async function main([root, dir, ...args]: string[]): Promise<void> {
  const options = {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  } as const
  const { values, positionals } = parseArgs({ args, options, allowPositionals: true })
  const { json, quick } = values
  await setUpTestbed()
  const bench = { programs: new Programs(root!), dir: dir!, rounds: quick ? 1 : 3, quick }
  const rows = await BENCHES[positionals[0]!]!.run(bench)
  process.stdout.write(json ? `${JSON.stringify({ rows }, null, 2)}\n` : `${table(rows)}\n`)
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`bench: ${reason(error)}\n`)
  process.exitCode = EXIT.failed
}
