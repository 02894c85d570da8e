import type { Condition, ConditionalOption } from '../boot/options/conditional-option.ts'
import { parseOption } from '../dhcp/option-text.ts'
import { readMac } from '../machines/mac.ts'
import { parseNetwork, toNumber } from './subnet.ts'

/** What is expected of each condition, and how its word reads; undefined when it does not. */
const CONDITIONS: Record<string, [expected: string, read: (word: string) => Condition | undefined]> = {
  stage: oneOf('stage', ['firmware', 'ipxe', 'loader', 'http', 'os']),
  arch: oneOf('arch', ['i386', 'amd64', 'arm64']),
  vendor: ['how the vendor class begins', word => ({ vendor: word })],
  user: ['a part of the user class', word => ({ user: word })],
  machine: ['a name or a MAC', word => ({ machine: readMac(word) ?? word.toLowerCase() })],
  subnet: ['a network, as 10.1.0.0/24', subnet],
}

function oneOf(key: 'stage' | 'arch', words: string[]): [string, (word: string) => Condition | undefined] {
  return [words.join(' or '), word => (words.includes(word) ? { [key]: word } : undefined)]
}

function subnet(word: string): Condition | undefined {
  const found = parseNetwork(word)
  return found && { subnet: { network: toNumber(found.network), mask: toNumber(found.netmask) } }
}

/**
 * An item of `dhcp.options`: conditions, all of which must hold, and the option, as
 * `stage=os subnet=10.1.0.0/24 ntp-servers=10.1.0.1`. Answers what was expected when it cannot be read.
 */
export function parseConditionalOption(text: string): ConditionalOption | string {
  let rest = text.trim()
  let when: Condition = {}
  for (;;) {
    const [whole, name, word] = /^([a-z]+)=(\S+)\s+/.exec(rest) ?? []
    const condition = name !== undefined && Object.hasOwn(CONDITIONS, name) ? CONDITIONS[name] : undefined
    if (whole === undefined || condition === undefined) break
    const read = condition[1](word!)
    if (read === undefined) return `${name}= with ${condition[0]}`
    when = { ...when, ...read }
    rest = rest.slice(whole.length)
  }
  const option = parseOption(rest)
  return typeof option === 'string' ? option : { when, option }
}

const known = new WeakMap<readonly string[], readonly ConditionalOption[]>()

/** The sets of a checked `dhcp.options`; read once for each list, not for each packet. */
export function parseConditionalOptions(items: readonly string[]): readonly ConditionalOption[] {
  const before = known.get(items)
  if (before !== undefined) return before
  const sets = items.map(item => parseConditionalOption(item) as ConditionalOption)
  known.set(items, sets)
  return sets
}
