import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { reason } from '../src/errors/errors.ts'
import { EXIT } from '../src/errors/sysexits.ts'
import { ensurePackages } from '../test/support/packages.ts'
import { BENCHES } from './benches.ts'
import { removeCgroups } from './cgroup.ts'
import { ensurePrograms, programsRoot } from './packages.ts'

const USAGE = `usage: npm run bench -- dhcp|tftp|http|nfs|share|start|storm [--json] [--quick]

Measures nbe side by side with what people would use instead, in network namespaces of its own. Needs
root and Linux; programs to compare with are fetched from Debian, not installed (but for nfs-ganesha).
  --json   the result as JSON instead of a table
  --quick  one short turn each: shows that it works, not how fast
`

const INNER = fileURLToPath(new URL('inner.ts', import.meta.url))

/** Arguments of unshare(1): all processes in the new namespaces end with the first one. */
const NAMESPACES = [
  '--net',
  '--mount',
  '--propagation',
  'private',
  '--pid',
  '--fork',
  '--kill-child',
  '--mount-proc',
]

/** Fetches the packages while there is a network, then runs the bench in the namespaces. */
async function main(args: string[]): Promise<number> {
  const options = { json: { type: 'boolean' }, quick: { type: 'boolean' } } as const
  const { positionals } = parseArgs({ args, options, allowPositionals: true })
  const bench = BENCHES[positionals[0] ?? '']
  if (bench === undefined || positionals.length !== 1) {
    process.stderr.write(USAGE)
    return EXIT.usage
  }
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    process.stderr.write('bench: network namespaces take Linux and root\n')
    return EXIT.permission
  }
  await ensurePackages(['iproute2', ...(bench.installed ?? [])])
  await ensurePrograms(bench.needed)
  const dir = mkdtempSync(join(tmpdir(), 'nbe-bench-'))
  try {
    return await inside([programsRoot(), dir, ...args])
  } finally {
    await removeCgroups(basename(dir))
    rmSync(dir, { recursive: true, force: true })
  }
}

/** Runs the bench in its namespaces; a signal to this process ends all of it. Resolves with its exit status. */
function inside(args: string[]): Promise<number> {
  const child = spawn('unshare', [...NAMESPACES, process.execPath, INNER, ...args], { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => child.kill('SIGKILL'))
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', code => resolve(code ?? EXIT.failed))
  })
}

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  process.stderr.write(`bench: ${reason(error)}\n`)
  process.exitCode = EXIT.failed
}
