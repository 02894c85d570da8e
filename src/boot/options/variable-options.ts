import { BeError } from '../../errors/errors.ts'
import type { ReplyOption } from '../dhcp.ts'
import { type Variable, variableError } from '../variables/variable.ts'

/** Longest value of one DHCP option, in bytes. */
const LONGEST = 255
/** Options with a list of variables each, and options with one variable each (stand/libsa/bootp.c). */
const LISTS = { first: 246, count: 4 }
const SINGLES = { first: 250, count: 5 }

/**
 * Packs variables into the DHCP options from which FreeBSD's loader sets variables of its own: 246 to 249 hold
 * `name=value;name=value`, 250 to 254 one `name=value` each (stand/libsa/bootp.c). Values with a semicolon go
 * into the latter. Throws BE_VARIABLE, BE_VARIABLES_FULL.
 */
export function variableOptions(variables: readonly Variable[]): ReplyOption[] {
  const lists: string[] = []
  const singles: string[] = []
  for (const [name, value] of variables) {
    const pair = `${name}=${value}`
    if (pair.length > LONGEST || /[^\x20-\x7e]/.test(pair)) {
      throw variableError(name, `at most ${LONGEST} printable ASCII characters`)
    }
    const last = lists.at(-1)
    if (value.includes(';')) singles.push(pair)
    else if (last !== undefined && last.length + 1 + pair.length <= LONGEST)
      lists[lists.length - 1] = `${last};${pair}`
    else if (lists.length < LISTS.count) lists.push(pair)
    else singles.push(pair)
  }
  if (singles.length > SINGLES.count) {
    throw new BeError(
      'BE_VARIABLES_FULL',
      `${variables.length} loader variables do not fit DHCP options 246 to 254`,
      { hint: 'shorten boot.loader' },
    )
  }
  return [...numbered(LISTS.first, lists), ...numbered(SINGLES.first, singles)]
}

const numbered = (first: number, texts: string[]): ReplyOption[] =>
  texts.map((text, index) => [first + index, Buffer.from(text, 'latin1')])
