import { type DhcpOption, OPTION } from './codes.ts'
import { hexText } from './printable.ts'

/** The options within an option (43, 82, 175); undefined when their lengths do not add up. */
export function subOptions(value: Buffer): DhcpOption[] | undefined {
  const out: DhcpOption[] = []
  let at = 0
  while (at < value.length) {
    const code = value[at]!
    if (code === OPTION.end) break
    if (code === OPTION.pad) {
      at++
      continue
    }
    const length = value[at + 1]
    if (length === undefined || at + 2 + length > value.length) return undefined
    out.push([code, value.subarray(at + 2, at + 2 + length)])
    at += 2 + length
  }
  return out
}

/** The value of one option within an option; undefined when it is absent or the option cannot be read. */
export const subOption = (value: Buffer, code: number): Buffer | undefined =>
  subOptions(value)?.find(([found]) => found === code)?.[1]

/** `1:6162 2:63`: code and hex value of each; undefined when there are none. */
export const formatSubOptions = (value: Buffer): string | undefined =>
  subOptions(value)
    ?.map(([code, sub]) => `${code}:${hexText(sub)}`)
    .join(' ') || undefined
