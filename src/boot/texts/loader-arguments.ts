import { type Variable, variableError } from '../variables/variable.ts'
import { isIpxeText } from './ipxe-syntax.ts'

/** Longest argument that loader.efi keeps: `char var[128]` (parse_args() in stand/efi/loader/main.c). */
const LONGEST = 127

/**
 * Whether the variable reaches loader.efi unchanged as an argument from an iPXE script: loader.efi separates
 * its arguments at blanks and has no quotes.
 */
export function isLoaderArgument([name, value]: Variable): boolean {
  const word = `${name}=${value}`
  return word.length <= LONGEST && isIpxeText(word) && !word.includes(' ')
}

/** The variable as an argument of loader.efi. Throws BE_VARIABLE. */
export function loaderArgument(variable: Variable): string {
  if (isLoaderArgument(variable)) return variable.join('=')
  throw variableError(variable[0], `at most ${LONGEST} ASCII characters with the name, no blank, no \${}`)
}
