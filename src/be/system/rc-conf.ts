/** One assignment in a file that sh(1) reads, as rc.conf(5) and loader.conf(5) are written. */
export interface Assignment {
  name: string
  /** Quotes undone; undefined when it is worked out only as it runs (`$`, back quotes). */
  value: string | undefined
  /** Where it stands: offsets of its first character, and past its last. */
  start: number
  end: number
  /** Its lines hold nothing else but a comment. */
  alone: boolean
}

/** What may stand before a command without being one. */
const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'do', 'while', 'until', '{', '(', '!'])

const NAME = /(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)=/y

/**
 * All assignments, in order: the last of a name wins. Nothing is run, and nothing of the shell beyond quotes,
 * comments and separators is understood: what stands in an `if` counts. Never throws.
 */
export function parseAssignments(text: string): Assignment[] {
  const found: Assignment[] = []
  for (let at = 0; at < text.length; ) at = command(text, at, found)
  return found
}

/** The value that counts; undefined when there is none, or it cannot be told. */
export const lastValue = (assignments: readonly Assignment[], name: string): string | undefined =>
  assignments.findLast(known => known.name === name)?.value

/** As checkyesno of rc.subr(8) reads it. */
export const isYes = (value: string | undefined): boolean => /^(yes|true|on|1)$/i.test(value ?? '')

/** Reads up to the end of one simple command; answers where the next begins. */
function command(text: string, start: number, found: Assignment[]): number {
  let at = start
  const mine: Assignment[] = []
  for (;;) {
    while (text[at] === ' ' || text[at] === '\t') at++
    const char = text[at]
    if (char === '#') {
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end
      continue
    }
    if (char === undefined || /[\n;&|)]/.test(char)) {
      found.push(...mine)
      return at + 1
    }
    NAME.lastIndex = at
    const name = NAME.exec(text)
    if (name === null) break
    const { value, end } = word(text, NAME.lastIndex)
    mine.push({ name: name[1]!, value, start: at, end, alone: isAlone(text, at, end) })
    at = end
  }
  // A command with words: what stood before it was its environment, not ours.
  const first = word(text, at)
  if (mine.length === 0 && KEYWORDS.has(text.slice(at, first.end))) return first.end
  at = first.end
  while (at < text.length && !/[\n;&|]/.test(text[at]!)) {
    if (text[at] === '#' && /\s/.test(text[at - 1]!)) {
      const end = text.indexOf('\n', at)
      return end < 0 ? text.length : end
    }
    at = /[ \t]/.test(text[at]!) ? at + 1 : Math.max(word(text, at).end, at + 1)
  }
  return at + 1
}

/** A word of sh(1) from `at` on: its value, and where it ends. */
function word(text: string, start: number): { value: string | undefined; end: number } {
  let value = ''
  let known = true
  let quote = ''
  let at = start
  for (; at < text.length; at++) {
    const char = text[at]!
    if (quote === "'") {
      if (char === "'") quote = ''
      else value += char
    } else if (char === '\\' && at + 1 < text.length) {
      const next = text[++at]!
      if (next === '\n') continue
      value += quote === '"' && !/["$`\\]/.test(next) ? `\\${next}` : next
    } else if (char === '"') quote = quote === '"' ? '' : '"'
    else if (quote === '' && char === "'") quote = "'"
    else if (quote === '' && /[\s;&|)]/.test(char)) break
    else {
      if (char === '$' || char === '`') known = false
      value += char
    }
  }
  return { value: known && quote === '' ? value : undefined, end: at }
}

function isAlone(text: string, start: number, end: number): boolean {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1
  const lineEnd = text.indexOf('\n', end)
  const after = text.slice(end, lineEnd < 0 ? text.length : lineEnd)
  return text.slice(lineStart, start).trim() === '' && /^[ \t]*;?[ \t]*(#.*)?$/.test(after)
}
