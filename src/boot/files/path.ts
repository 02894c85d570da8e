/** Longest path in bytes. */
const LONGEST = 1024

/**
 * Normalises a path as firmware and loaders send it, to the form `/be/test/boot/loader.efi`: adds a missing leading
 * slash, turns backslashes into slashes, removes double slashes, and resolves `.` and `..`. Undefined when it
 * cannot name a file: empty, a trailing slash, a control character, more than 1024 bytes, or a `..` above the root.
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

/** Text from the network for a log line: control characters as `\xNN`, at most 200 characters. */
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
 * Whether the absence of a file is normal: in a machine's tree (`/m/…`) every boot of a loader tries dozens of
 * files that do not exist, and GRUB looks for a grub.cfg of its MAC, its address, and ever larger networks. Elsewhere
 * a missing file stops the boot.
 */
export const mayBeAbsent = (path: string): boolean => /^[/\\]*m[/\\]|[/\\]grub\.cfg-[^/\\]*$/.test(path)

function hasControl(text: string): boolean {
  for (const char of text) if (isControl(char.codePointAt(0)!)) return true
  return false
}

/** C0, DEL and C1: characters that a terminal would act on. */
const isControl = (code: number) => code < 0x20 || (code >= 0x7f && code < 0xa0)
