/** What `be prepare` puts before a line that it takes out, so that it can put it back. */
export const COMMENTED_OUT = '#nbe# '

/** The first line of what it adds; the note tells what was before it. */
const BEGIN = '# nbe: begin'
const END = '# nbe: end'
const EXPLANATION = 'made anew by each be prepare, taken out by be prepare --undo'
const NOTES = { newline: '', none: ' (no newline before)', file: ' (new file)' } as const

/** The text with the lines that these ranges touch commented out; ranges as offsets, in any order. */
export function commentOut(
  text: string,
  ranges: readonly { readonly start: number; readonly end: number }[],
): string {
  let at = 0
  return text
    .split('\n')
    .map(line => {
      const [from, to] = [at, at + line.length]
      at = to + 1
      return ranges.some(({ start, end }) => start <= to && end > from) ? COMMENTED_OUT + line : line
    })
    .join('\n')
}

/** The text with our lines at its end; undefined: there was no file. Without lines it is as it was. */
export function addBlock(text: string | undefined, lines: readonly string[]): string | undefined {
  if (lines.length === 0) return text
  const newline = text === undefined ? 'file' : text === '' || text.endsWith('\n') ? 'newline' : 'none'
  const before = newline === 'none' ? `${text}\n` : (text ?? '')
  return `${before}${[`${BEGIN}${NOTES[newline]}: ${EXPLANATION}`, ...lines, END].join('\n')}\n`
}

/** What was there before: the text without our block and our marks; undefined when all of the file is ours. */
export function undoEdits(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const { rest, isNew } = withoutBlock(text)
  const plain = rest
    .split('\n')
    .map(line => (line.startsWith(COMMENTED_OUT) ? line.slice(COMMENTED_OUT.length) : line))
    .join('\n')
  return isNew && plain === '' ? undefined : plain
}

function withoutBlock(text: string): { rest: string; isNew: boolean } {
  const start = text.startsWith(BEGIN) ? 0 : text.indexOf(`\n${BEGIN}`) + 1
  const end = text.indexOf(`\n${END}\n`, start)
  if (!text.startsWith(BEGIN, start) || end < 0) return { rest: text, isNew: false }
  const head = text.slice(start, text.indexOf('\n', start))
  const tail = text.slice(end + END.length + 2)
  const cut = head.startsWith(BEGIN + NOTES.none) && tail === '' ? start - 1 : start
  const rest = text.slice(0, cut) + tail
  return { rest, isNew: head.startsWith(BEGIN + NOTES.file) }
}
