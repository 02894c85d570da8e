import * as v from 'valibot'
import { isAddress } from '../net/ipv4.ts'

/** Kinds of values that several settings have. Their messages are what an error names as expected. */

export const text = (expected: string, check: (value: string) => boolean) =>
  v.pipe(v.string(expected), v.check(check, expected))

/** A whole number from `low` to `high`, both included. */
export const number = (low: number, high: number) => {
  const expected = `a whole number from ${low} to ${high}`
  return v.pipe(
    v.number(expected),
    v.integer(expected),
    v.minValue(low, expected),
    v.maxValue(high, expected),
  )
}

export const oneOf = <const T extends readonly string[]>(values: T) => v.picklist(values, values.join(' or '))

export const boolean = v.boolean('true or false')
export const path = text('an absolute path', value => /^\/\P{Cc}*$/u.test(value))
export const address = text('an IPv4 address, as 192.168.2.1', isAddress)
export const port = number(1, 65535)
export const network = text(
  'a network, as 192.168.2.0/24',
  value =>
    /^(\d+\.){3}\d+\/\d+$/.test(value) &&
    isAddress(value.split('/')[0]!) &&
    Number(value.split('/')[1]) <= 32,
)
export const variable = text('name=value', value => /^[A-Za-z_][A-Za-z0-9_.-]*=[\x20-\x7e]*$/.test(value))
