/**
 * Compares versions: runs of digits as numbers, the rest as text, `~` before the end of the string (deb-version(7)),
 * and a release candidate (-rc1) before its release. Negative: `a` is older.
 */
export function compareVersions(a: string, b: string): number {
  const left = runs(a)
  const right = runs(b)
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const order = compareRuns(left[i] ?? '', right[i] ?? '')
    if (order !== 0) return order
  }
  return 0
}

const runs = (version: string): string[] => version.replace(/-(?=rc\d)/g, '~').match(/~|\d+|[^\d~]+/g) ?? []

function compareRuns(a: string, b: string): number {
  if (a === b) return 0
  if (a === '~' || b === '~') return a === '~' ? -1 : 1
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) {
    // As text: the number may be too long for a Number.
    const [x, y] = [a.replace(/^0+/, ''), b.replace(/^0+/, '')]
    if (x.length !== y.length) return x.length - y.length
    return x < y ? -1 : x > y ? 1 : 0
  }
  return a < b ? -1 : 1
}
