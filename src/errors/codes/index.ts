import { BOOTS } from './boots.ts'
import { COMMAND_LINE } from './command-line.ts'
import { ENVIRONMENTS } from './environments.ts'
import type { FINDINGS } from './findings.ts'
import { HOST } from './host.ts'
import { INSTALL } from './install.ts'
import { MACHINES } from './machines.ts'
import { RPC } from './rpc.ts'
import { SERVICE } from './service.ts'
import { SHARES } from './shares.ts'

/** Every code that an error can have. Codes are stable: scripts match them. */
export const CODES = {
  ...BOOTS,
  ...COMMAND_LINE,
  ...ENVIRONMENTS,
  ...HOST,
  ...INSTALL,
  ...MACHINES,
  ...RPC,
  ...SERVICE,
  ...SHARES,
}

export type ErrorCode = keyof typeof CODES

/** The codes of errors that begin so: `CodesOf<'BE_SSH_'>`. */
export type CodesOf<Prefix extends string> = Extract<ErrorCode, `${Prefix}${string}`>

/** Whether a text, as read from a file, is a code of this version. */
export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(CODES, text)

/** Codes of findings, which `be check` prints beside those of errors. */
export type FindingCode = ErrorCode | keyof typeof FINDINGS
