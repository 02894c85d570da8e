/** Prefix of a line that `be prepare` commented out; `--undo` removes the prefix. */
export const COMMENTED_OUT = '#nbe# '

/** Suffix of the machine's id file while it is moved away, in a tree that several machines boot: each makes its own. */
export const SAVED_SUFFIX = '.nbe-saved'

/** First and last line of the block that it adds; the note behind BEGIN tells how the text before it ended. */
const BEGIN = '# nbe: begin'
const END = '# nbe: end'
const EXPLANATION = 'made anew by each be prepare, taken out by be prepare --undo'
const NOTES = { newline: '', none: ' (no newline before)', file: ' (new file)' } as const

/** Comments out the lines that these ranges touch; ranges are offsets into the text, in any order. */
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

/** Appends the block with these lines to the text (undefined: there is no file); without lines the text is unchanged. */
export function addBlock(text: string | undefined, lines: readonly string[]): string | undefined {
  if (lines.length === 0) return text
  const newline = text === undefined ? 'file' : text === '' || text.endsWith('\n') ? 'newline' : 'none'
  const before = newline === 'none' ? `${text}\n` : (text ?? '')
  return `${before}${[`${BEGIN}${NOTES[newline]}: ${EXPLANATION}`, ...lines, END].join('\n')}\n`
}

/** The text without the block and the comment prefixes; undefined when the file was made by addBlock. */
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
