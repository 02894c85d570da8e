import { InvalidArgumentError } from 'commander'

/** Parses the value of an option that is a count. */
export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number')
}

/** A timer of Node that is longer than 2^31 ms fires at once. */
const MOST_SECONDS = 2_000_000

/** Returns a parser of option values that are a number of seconds. */
export const seconds =
  (least: 0 | 1) =>
  (text: string): number => {
    if (/^\d{1,7}$/.test(text) && Number(text) >= least && Number(text) <= MOST_SECONDS) return Number(text)
    throw new InvalidArgumentError(`expected a whole number of seconds, from ${least} to ${MOST_SECONDS}`)
  }
