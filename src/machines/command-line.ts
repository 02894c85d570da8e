/**
 * Splits a command line into an argument vector, as sh(1) does with blanks, '…' and "…", and without all else of
 * sh(1). Undefined for an empty command line and an unclosed quote.
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
