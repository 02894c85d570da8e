import { FINDINGS } from './codes/findings.ts'
import { CODES, type ErrorCode } from './codes/index.ts'
import { EXIT, type ExitName } from './sysexits.ts'

/** The codes as documents, made from the table so that neither can go stale. */

const sorted = <Code extends string>(table: Record<Code, unknown>): Code[] =>
  (Object.keys(table) as Code[]).sort()

/** The exit status for a reader: `75, try again`. */
const statusOf = (exit: ExitName): string =>
  `${EXIT[exit]}, ${exit.replace(/[A-Z]/g, capital => ` ${capital.toLowerCase()}`)}`

const exitOf = (code: ErrorCode): ExitName => CODES[code].exit

/** man/be-errors.7, in mdoc(7). */
export function errorsManPage(): string {
  const lines = [
    '.Dd November 28, 2026',
    '.Dt BE-ERRORS 7',
    '.Os',
    '.Sh NAME',
    '.Nm be-errors',
    '.Nd error codes of be(8)',
    '.Sh DESCRIPTION',
    'An error of',
    '.Xr be 8',
    'is one line on standard error: what, what was expected, what to do, and a code in brackets.',
    'Codes do not change, so that scripts can match them.',
    'They are listed here with the exit status, as of',
    '.Xr sysexits 3 ,',
    'and their meaning.',
    'In a few cases the exit status is another one: 75 instead of 69, for example, when a mirror answers',
    'with an error that is temporary.',
    '.Sh ERRORS',
    '.Bl -tag -width Ds',
    ...sorted(CODES).flatMap(code => [
      `.It Bo Er ${code} Bc Pq ${statusOf(exitOf(code)).replace(',', ' ,')}`,
      mdoc(CODES[code].meaning),
    ]),
    '.El',
    '.Sh FINDINGS',
    '.Ic be check',
    'prints these too.',
    'It exits with 1 when a finding stops one of the ways to boot that it was asked for.',
    '.Bl -tag -width Ds',
    ...sorted(FINDINGS).flatMap(code => [`.It Bq Er ${code}`, mdoc(FINDINGS[code])]),
    '.El',
    '.Sh SEE ALSO',
    '.Xr sysexits 3 ,',
    '.Xr be.toml 5 ,',
    '.Xr be 8',
  ]
  return `${lines.join('\n')}\n`
}

/** `be help errors`: each code with its exit status and its meaning. */
export const errorsHelp = (): string =>
  [
    ...sorted(CODES).map(code => entry(code, statusOf(exitOf(code)), CODES[code].meaning)),
    ...sorted(FINDINGS).map(code => entry(code, 'be check', FINDINGS[code])),
  ].join('')

const entry = (code: string, status: string, meaning: string): string =>
  `${code.padEnd(28)} ${status}\n    ${meaning}\n`

/** A sentence for mdoc(7): flags with minus signs, which a reader can copy. */
const mdoc = (sentence: string): string =>
  sentence.replace(/(?<=^|[ (])--?(?=\w)/g, flag => flag.replaceAll('-', '\\-'))
