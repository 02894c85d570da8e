import * as v from 'valibot'
import type { Kind } from './key.ts'
import { KEYS, type KeyName } from './schema.ts'

/** Converts the text of a flag or an environment variable to the type that be.toml would have. */
export function fromText(name: KeyName, value: string): unknown {
  switch (KEYS[name].kind) {
    case 'number':
      return /^\d+$/.test(value) ? Number(value) : value
    case 'boolean':
      if (/^(true|yes|on|1)$/i.test(value)) return true
      return /^(false|no|off|0)$/i.test(value) ? false : value
    case 'list':
      return value.split(/[\s,]+/).filter(part => part !== '')
    case 'lines':
      return value
        .split(';')
        .map(part => part.trim())
        .filter(part => part !== '')
    default:
      return value
  }
}

/** The setting's value, or its default for undefined; where the value is wrong, what was expected. */
export function checkValue(name: KeyName, value: unknown): { value: unknown } | { expected: string } {
  const { kind, schema } = KEYS[name]
  const result = v.safeParse(schema, value)
  if (result.success) return { value: result.output }
  const expected = result.issues[0].message
  return {
    expected: isList(kind) && !Array.isArray(value) ? `a list of: ${itemExpectation(name)}` : expected,
  }
}

const isList = (kind: Kind): boolean => kind === 'list' || kind === 'lines'

/** What is expected of one item of a list: the message for an item that is never right. */
function itemExpectation(name: KeyName): string {
  const result = v.safeParse(KEYS[name].schema, [false])
  return result.success ? 'text' : result.issues[0].message
}
