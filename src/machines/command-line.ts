/**
 * The words of a command line without a shell's other powers: blanks part, '…' and "…" hold together.
 * Undefined when there are none or a quote is not closed.
 */
export function splitCommandLine(text: string): string[] | undefined {
  const words: string[] = []
  let rest = text.trim()
  while (rest !== '') {
    const [word] = rest.match(/^(?:[^\s'"]|'[^']*'|"[^"]*")+/) ?? []
    if (word === undefined || !/^(?:\s|$)/.test(rest.slice(word.length))) return undefined
    words.push(word.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double))
    rest = rest.slice(word.length).trimStart()
  }
  return words.length === 0 ? undefined : words
}
