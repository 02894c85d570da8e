import { editDistance } from './edit-distance.ts'

/** Longest part of a word that is compared: mistyped names are shorter, and comparing takes quadratic time. */
const MAX_COMPARED = 64

/** Up to three of `known` that are near to `word` or begin with it, nearest first. */
export function suggestions(word: string, known: readonly string[]): string[] {
  const typed = word.slice(0, MAX_COMPARED).toLowerCase()
  const limit = Math.max(1, Math.floor(typed.length / 3))
  return known
    .map(name => ({ name, distance: editDistance(typed, name.slice(0, MAX_COMPARED).toLowerCase()) }))
    .filter(
      ({ name, distance }) => distance <= limit || (typed !== '' && name.toLowerCase().startsWith(typed)),
    )
    .sort((a, b) => a.distance - b.distance || a.name.localeCompare(b.name))
    .slice(0, 3)
    .map(({ name }) => name)
}

/** A hint for an unknown name: near names, else all if they are few, else the command that lists them. */
export function didYouMean(word: string, known: readonly string[], listCommand: string): string {
  const names = suggestions(word, known)
  if (names.length > 0) return `did you mean ${names.join(' or ')}?`
  if (known.length === 0) return `there are none yet: ${listCommand} is empty`
  return known.length <= 5 ? `known: ${known.join(', ')}` : `see ${listCommand}`
}
