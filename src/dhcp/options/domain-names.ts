import { quote } from './printable.ts'

/**
 * Domain names in RFC 1035 encoding, with commas. Compression pointers lead into the option's own value
 * (RFC 3397, section 2). Undefined when the bytes are no list of names.
 */
export function formatDomainNames(value: Buffer): string | undefined {
  const out: string[] = []
  let at = 0
  while (at < value.length) {
    const name = readName(value, at)
    if (name === undefined) return undefined
    out.push(quote(name.text))
    at = name.next
  }
  return out.length > 0 ? out.join(',') : undefined
}

/** RFC 1035, section 4.1.4; `next`: where the name after this one begins. */
function readName(value: Buffer, start: number): { text: string; next: number } | undefined {
  const labels: string[] = []
  let at = start
  let next: number | undefined
  for (;;) {
    const length = value[at]
    if (length === undefined) return undefined
    if (length === 0) return { text: labels.join('.'), next: next ?? at + 1 }
    if (length >= 0xc0) {
      const target = ((length & 0x3f) << 8) | (value[at + 1] ?? 0xffff)
      // Backwards only: pointers that form a loop end here.
      if (target >= at) return undefined
      next ??= at + 2
      at = target
    } else {
      if (length > 63 || at + 1 + length > value.length || labels.length > 127) return undefined
      labels.push(value.toString('latin1', at + 1, at + 1 + length))
      at += 1 + length
    }
  }
}

/** One name as labels, without compression; undefined when it is no domain name. */
export function domainNameBytes(name: string): Buffer | undefined {
  const labels = name.split('.')
  if (!labels.every(label => /^[a-z0-9_-]{1,63}$/i.test(label))) return undefined
  return Buffer.concat([
    ...labels.map(label => Buffer.from(`${String.fromCharCode(label.length)}${label}`)),
    Buffer.of(0),
  ])
}
