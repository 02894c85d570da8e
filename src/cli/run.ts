import { CommanderError } from 'commander'
import { BeError, reason } from '../errors/errors.ts'
import { errorsOf } from '../errors/several.ts'
import { EXIT } from '../errors/sysexits.ts'
import { program } from './program.ts'
import { hoist, runsCommand } from './support/arguments.ts'
import { ExitStatus, NOT_RUN } from './support/exit-status.ts'

/** Runs one command line; resolves with the exit status. Each error is printed as one line. */
export async function run(argv: readonly string[]): Promise<number> {
  const { options, words } = hoist(argv)
  let begun = false
  const be = (await program(words[0])).hook('preAction', () => {
    begun = true
  })
  try {
    await be.parseAsync([...options, ...words], { from: 'user' })
    return EXIT.ok
  } catch (error) {
    const status = report(error)
    return status !== EXIT.ok && !begun && runsCommand(words[0]) ? NOT_RUN : status
  }
}

/** Prints an error, unless commander has done so; returns the exit status. */
export function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
  if (error instanceof ExitStatus) {
    if (error.cause !== undefined) report(error.cause)
    return error.status
  }
  if (error instanceof BeError) {
    for (const { line } of errorsOf(error)) process.stderr.write(`be: ${line}\n`)
    return EXIT[error.exit]
  }
  process.stderr.write(`be: ${unexpected(error)} [BE_INTERNAL]\n`)
  if (process.env.NBE_TRACE) process.stderr.write(`${(error as Error)?.stack}\n`)
  return EXIT.internal
}

const unexpected = (error: unknown): string =>
  `${reason(error)}; this is a defect of nbe: NBE_TRACE=1 shows where`
