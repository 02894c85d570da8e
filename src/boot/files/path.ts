const LONGEST = 1024

/**
 * A path as a loader sends it, in one spelling: `/be/test/boot/loader.efi`. Firmware leaves the leading
 * slash out, writes backslashes or doubles slashes; all of that is folded, `.` and `..` are worked out.
 * Undefined when it cannot name a file: empty, a trailing slash, a control character, more than 1024
 * bytes, or a `..` that climbs above the root.
 */
export function normalPath(raw: string): string | undefined {
  if (Buffer.byteLength(raw) > LONGEST || hasControl(raw)) return undefined
  const parts: string[] = []
  const given = raw.replaceAll('\\', '/').split('/')
  const last = given.at(-1)
  if (last === '' || last === '.' || last === '..') return undefined
  for (const part of given) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return `/${parts.join('/')}`
}

/** A path from the wire for a log line: control characters as `\xNN`, at most 200 characters. */
export function printable(raw: string): string {
  const short = raw.length > 200 ? `${raw.slice(0, 199)}…` : raw
  let text = ''
  for (const char of short) {
    text += isControl(char.codePointAt(0)!)
      ? `\\x${char.codePointAt(0)!.toString(16).padStart(2, '0')}`
      : char
  }
  return text
}

/**
 * Whether a loader merely tries this name, in its machine's own tree (`/m/…`): there dozens of files are absent in
 * every boot. Elsewhere a missing file is why a boot stops.
 */
export const isTried = (path: string): boolean => /^[/\\]*m[/\\]/.test(path)

function hasControl(text: string): boolean {
  for (const char of text) if (isControl(char.codePointAt(0)!)) return true
  return false
}

/** C0, DEL and C1: nothing that a terminal would obey. */
const isControl = (code: number) => code < 0x20 || (code >= 0x7f && code < 0xa0)
