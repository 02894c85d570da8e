/** Lines that an error quotes at most. */
const MAX_LINES = 3

/** The first lines that name a path, or the first of all if none does, joined for an error message. */
export function quoteLog(lines: readonly string[], path: string): string {
  const about = lines.filter(line => line.includes(path))
  return [...new Set(about.length > 0 ? about : lines)].slice(0, MAX_LINES).join('; ')
}
