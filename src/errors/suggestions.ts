/** How many single-character edits (insert, delete, replace, swap neighbours) turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  let before: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      let cost = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1))
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, before[j - 2]! + 1)
      }
      row.push(cost)
    }
    before = last
    last = row
  }
  return last[b.length]!
}

/** The at most three of `known` that someone who typed `word` may have meant, nearest first. */
export function suggestions(word: string, known: readonly string[]): string[] {
  // Distance is quadratic: nothing that a person mistypes is longer.
  const typed = word.slice(0, 64).toLowerCase()
  const limit = Math.max(1, Math.floor(typed.length / 3))
  return known
    .map(name => ({ name, distance: editDistance(typed, name.slice(0, 64).toLowerCase()) }))
    .filter(
      ({ name, distance }) => distance <= limit || (typed !== '' && name.toLowerCase().startsWith(typed)),
    )
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map(({ name }) => name)
}

/** A hint for an unknown name: near names, else all of a few, else how to list them. */
export function didYouMean(word: string, known: readonly string[], listCommand: string): string {
  const names = suggestions(word, known)
  if (names.length > 0) return `did you mean ${names.join(' or ')}?`
  if (known.length === 0) return `there are none yet: ${listCommand} is empty`
  return known.length <= 5 ? `known: ${known.join(', ')}` : `see ${listCommand}`
}
