import { InvalidArgumentError } from 'commander'

/** The value of an option that counts something. */
export function wholeNumber(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('expected a whole number')
}

/** No timer of Node is longer than 2^31 ms: it would be over at once. */
const MOST_SECONDS = 2_000_000

/** The value of an option that is a time of at least so many seconds. */
export const seconds =
  (least: 0 | 1) =>
  (text: string): number => {
    if (/^\d{1,7}$/.test(text) && Number(text) >= least && Number(text) <= MOST_SECONDS) return Number(text)
    throw new InvalidArgumentError(`expected a whole number of seconds, from ${least} to ${MOST_SECONDS}`)
  }
