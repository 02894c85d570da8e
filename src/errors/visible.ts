/** White space other than the blank, and control, format (bidirectional), surrogate, private and unassigned characters. */
const HIDDEN = /\s(?<! )|\p{C}/gu

/** `text` with every character that ends a line or controls a terminal as an escape: `\n`, `\x1b`, `\u{202e}`. */
export const visible = (text: string): string => text.replace(HIDDEN, escaped)

function escaped(character: string): string {
  const code = character.codePointAt(0)!
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`
}
