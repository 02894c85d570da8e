#!/usr/bin/env node
import { EXIT, errno } from '../errors.ts'
import { report, run } from './run.ts'

process.stdout.on('error', error => {
  // The reader went away (be log | head): not an error of ours.
  if (errno(error) === 'EPIPE') process.exit(EXIT.ok)
  throw error
})
// Who reads the messages may go away (a terminal is closed): no reason for the service to end.
process.stderr.on('error', () => {})
process.on('uncaughtException', error => process.exit(report(error)))
process.exitCode = await run(process.argv.slice(2))
