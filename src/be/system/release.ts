import type { TreeReader } from '../tree/read.ts'

/** os-release(5) */
export interface OsRelease {
  id?: string
  prettyName?: string
}

const LIMIT = 64 * 1024

/**
 * `12.1-RELEASE-p2`: what bin/freebsd-version(1) would print for the userland; the script is parsed, not run. Trees
 * older than 10.0 have none: `8.4` is taken from usr/include/osreldate.h (Porter's Handbook, __FreeBSD_version Values).
 */
export async function freebsdRelease(tree: TreeReader): Promise<string | undefined> {
  const script = await tree.head('bin/freebsd-version', LIMIT)
  const own = printable(script?.toString('latin1').match(/^USERLAND_VERSION="([^"\n]*)"/m)?.[1])
  if (own !== undefined) return own
  const header = await tree.head('usr/include/osreldate.h', LIMIT)
  const [, number] = header?.toString('latin1').match(/^#define __FreeBSD_version (\d{6,7})$/m) ?? []
  if (number === undefined) return undefined
  return `${Math.floor(Number(number) / 100_000)}.${Math.floor(Number(number) / 1000) % 100}`
}

export async function osRelease(tree: TreeReader): Promise<OsRelease | undefined> {
  const file = (await tree.head('etc/os-release', LIMIT)) ?? (await tree.head('usr/lib/os-release', LIMIT))
  return file && parseOsRelease(file.toString('utf8'))
}

export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, key, value] = line.match(/^([A-Z][A-Z0-9_]*)=(.*)$/) ?? []
    if (key !== undefined && value !== undefined) values.set(key, unquote(value.trim()))
  }
  return { id: printable(values.get('ID')), prettyName: printable(values.get('PRETTY_NAME')) }
}

/** Undoes the quoting that os-release(5) allows: one pair of quotes around all, backslash before " $ \ `. */
function unquote(value: string): string {
  const quote = value[0]
  if ((quote !== '"' && quote !== "'") || value.length < 2 || value.at(-1) !== quote) return value
  const inner = value.slice(1, -1)
  return quote === '"' ? inner.replace(/\\(["$\\`])/g, '$1') : inner
}

/** At most 100 characters, without control characters: the tree is untrusted, and the text goes to a terminal. */
function printable(text: string | undefined): string | undefined {
  const clean = text?.replace(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '').slice(0, 100)
  return clean === '' ? undefined : clean
}
