import { SERVED_ARCHES } from '../boot/architectures.ts'
import { STAGES } from '../boot/client.ts'
import type { Condition, ConditionalOption } from '../boot/options/conditional-option.ts'
import { parseOption } from '../dhcp/options/text.ts'
import { readMac } from '../machines/mac.ts'
import { toNumber } from '../net/ipv4.ts'
import { parseNetwork } from './subnet.ts'

type ParseCondition = (text: string) => Condition | undefined

/** Conditions by name: the expected value, and its parser, which answers undefined for any other. */
const CONDITIONS: Record<string, [expected: string, parse: ParseCondition]> = {
  stage: oneOf('stage', STAGES),
  arch: oneOf('arch', SERVED_ARCHES),
  vendor: ['how the vendor class begins', text => ({ vendor: text })],
  user: ['a part of the user class', text => ({ user: text })],
  machine: ['a name or a MAC', text => ({ machine: readMac(text) ?? text.toLowerCase() })],
  subnet: ['a network, as 10.1.0.0/24', subnet],
}

function oneOf(key: 'stage' | 'arch', values: readonly string[]): [string, ParseCondition] {
  return [values.join(' or '), text => (values.includes(text) ? { [key]: text } : undefined)]
}

function subnet(text: string): Condition | undefined {
  const found = parseNetwork(text)
  return found && { subnet: { network: toNumber(found.network), mask: toNumber(found.netmask) } }
}

/**
 * Parses an item of `dhcp.options`: conditions, all of which must hold, then the option, as
 * `stage=os subnet=10.1.0.0/24 ntp-servers=10.1.0.1`. For any other text the answer is what was expected.
 */
export function parseConditionalOption(text: string): ConditionalOption | string {
  let rest = text.trim()
  let when: Condition = {}
  for (;;) {
    const [whole, name, value] = /^([a-z]+)=(\S+)\s+/.exec(rest) ?? []
    const condition = name !== undefined && Object.hasOwn(CONDITIONS, name) ? CONDITIONS[name] : undefined
    if (whole === undefined || condition === undefined) break
    const [expected, parse] = condition
    const parsed = parse(value!)
    if (parsed === undefined) return `${name}= with ${expected}`
    when = { ...when, ...parsed }
    rest = rest.slice(whole.length)
  }
  const option = parseOption(rest)
  return typeof option === 'string' ? option : { when, option }
}

const cache = new WeakMap<readonly string[], readonly ConditionalOption[]>()

/** Parses a checked `dhcp.options`; cached by list, since every packet needs it. */
export function parseConditionalOptions(items: readonly string[]): readonly ConditionalOption[] {
  const cached = cache.get(items)
  if (cached !== undefined) return cached
  const options = items.map(item => parseConditionalOption(item) as ConditionalOption)
  cache.set(items, options)
  return options
}
