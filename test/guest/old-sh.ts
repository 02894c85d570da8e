/**
 * What an sh(1) of the last thirty years may refuse or read in another way: bash and ksh, and what POSIX has, but ash of
 * FreeBSD up to 10.1 cannot read ("Missing '}'" for a newline inside of `${…}`).
 */
const REFUSED: [what: string, RegExp][] = [
  ['more than a name and a plain word in an expansion', /\$\{(?!\w+\}|\w+(:?[-+=?]|##?|%%?)[\w/.*=:,-]*\})/],
  ['local', /(^[ \t]*|[;&|{(]\s*|\b(then|do|else)\s+)(local|typeset|declare)\s/m],
  ["$'…'", /\$'/],
  ['[[', /(^|[\s;&|!(])\[\[\s/m],
  ['an array', /\b\w+=\(|\b\w+\+=/],
  ['function', /(^[ \t]*|[;&|{(]\s*)function\s/m],
  ['<<<', /<<</],
  ['<(…) or >(…)', /[<>]\(/],
  ['&> or |&', /&>(?!&)|\|&/],
  ['((…)) as a command', /(^[ \t]*|[;&|{]\s*|\b(if|while|until|then|do)\s+)\(\(/m],
  ['++ or -- or ** in $((…))', /\$\(\([^)]*(\+\+|--|\*\*)/],
  ['printf %q', /\bprintf\s+(-v|\S*%q)/],
  ['echo -e', /\becho\s+-[en]/],
  ['read -d, -n, -t, -a, -p', /\bread\s+(-r\s+)?-[^r\s]/],
  ['source', /(^[ \t]*|[;&|{(]\s*)source\s/m],
  ['== in a test', /\[\s[^\]]*\s==\s/],
  ['{a,b}', /[\s=]\{[^\s{}]*,[^\s{}]*\}/],
  ['set -o pipefail', /\bpipefail\b/],
  ['signal names with SIG', /\b(trap|kill)\s[^;\n]*\bSIG[A-Z]+/],
]

/** What of it is in a script, with the lines; lines of comments do not count. */
export function oldShFaults(script: string): string[] {
  const text = script.replace(/^[ \t]*#.*$/gm, '')
  return REFUSED.flatMap(([what, pattern]) => {
    const found = pattern.exec(text)
    return found === null ? [] : [`line ${text.slice(0, found.index).split('\n').length}: ${what}`]
  })
}
