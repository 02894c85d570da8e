/** One assignment in a file that sh(1) reads, as rc.conf(5) and loader.conf(5) are written. */
export interface Assignment {
  name: string
  /** Without quotes; undefined when only the shell can tell (`$`, back quotes). */
  value: string | undefined
  /** Offset in the text of its first character, and past its last. */
  start: number
  end: number
  /** Its lines hold nothing else except a comment. */
  alone: boolean
}

/** Reserved words that a command may follow. */
const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'do', 'while', 'until', '{', '(', '!'])

const NAME = /(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)=/y

/**
 * All assignments, in order: the last one of a name wins. Nothing is executed; of the shell's grammar only quotes,
 * comments and separators are understood, so assignments within an `if` count. Never throws.
 */
export function parseAssignments(text: string): Assignment[] {
  const found: Assignment[] = []
  for (let at = 0; at < text.length; ) at = parseCommand(text, at, found)
  return found
}

/** The value that is in effect; undefined when there is none, or only the shell can tell. */
export const lastValue = (assignments: readonly Assignment[], name: string): string | undefined =>
  assignments.findLast(known => known.name === name)?.value

/** Parses one simple command from `start`, adds its assignments to `found`, and returns where the next one begins. */
function parseCommand(text: string, start: number, found: Assignment[]): number {
  let at = start
  const assignments: Assignment[] = []
  for (;;) {
    while (text[at] === ' ' || text[at] === '\t') at++
    const char = text[at]
    if (char === '#') {
      at = lineEnd(text, at)
      continue
    }
    if (char === undefined || /[\n;&|)]/.test(char)) {
      found.push(...assignments)
      return at + 1
    }
    NAME.lastIndex = at
    const name = NAME.exec(text)
    if (name === null) break
    const { value, end } = parseWord(text, NAME.lastIndex)
    assignments.push({ name: name[1]!, value, start: at, end, alone: isAlone(text, at, end) })
    at = end
  }
  // A command follows: the assignments before it were only its environment.
  const first = parseWord(text, at)
  if (assignments.length === 0 && KEYWORDS.has(text.slice(at, first.end))) return first.end
  return endOfCommand(text, first.end)
}

/** Skips the remaining words of a command; returns where the next command begins. */
function endOfCommand(text: string, start: number): number {
  let at = start
  while (at < text.length && !/[\n;&|]/.test(text[at]!)) {
    if (text[at] === '#' && /\s/.test(text[at - 1]!)) return lineEnd(text, at)
    at = /[ \t]/.test(text[at]!) ? at + 1 : Math.max(parseWord(text, at).end, at + 1)
  }
  return at + 1
}

/** Parses one word of sh(1) from `start`: its value, and where it ends. */
function parseWord(text: string, start: number): { value: string | undefined; end: number } {
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
  const after = text.slice(end, lineEnd(text, end))
  return text.slice(lineStart, start).trim() === '' && /^[ \t]*;?[ \t]*(#.*)?$/.test(after)
}

/** The offset of the newline that ends the line, or the length of the text. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at)
  return end < 0 ? text.length : end
}
