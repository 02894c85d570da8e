#!/usr/bin/env node
import { EXIT } from '../errors/sysexits.ts'
import { keepCompiledCode } from './support/compile-cache.ts'
import { outputStatus, watchOutput } from './support/output.ts'

/** The oldest major version of Node that has all APIs in use. */
const OLDEST = 24

// Checked before the dynamic import below, with which an older Node would fail with a stack trace.
if (Number.parseInt(process.versions.node, 10) < OLDEST) {
  const found = `this is Node ${process.versions.node}: expected ${OLDEST} or newer`
  process.stderr.write(
    `be: ${found}; install it, and see that it is the first node in PATH [BE_NODE_VERSION]\n`,
  )
  process.exit(EXIT.unavailable)
}

keepCompiledCode()
const { report, run } = await import('./run.ts')
watchOutput()
process.on('uncaughtException', error => process.exit(report(error)))
process.exitCode = (await run(process.argv.slice(2))) || outputStatus()
