const CONTEXT = 3

/**
 * The difference between two versions of a text file, as one hunk like that of diff -u with three lines of context
 * at both ends. Empty when nothing differs. Undefined stands for no file.
 */
export function textDiff(path: string, before: string | undefined, after: string | undefined): string {
  if (before === after) return ''
  const old = linesOf(before)
  const now = linesOf(after)
  const head = commonLength(old, now)
  const tail = commonLength(old.slice(head).reverse(), now.slice(head).reverse())
  const lead = old.slice(Math.max(0, head - CONTEXT), head)
  const trail = old.slice(old.length - tail, old.length - tail + CONTEXT)
  return [
    `--- ${before === undefined ? '/dev/null' : path}`,
    `+++ ${after === undefined ? '/dev/null' : path}`,
    `@@ line ${head - lead.length + 1} @@`,
    ...marked(' ', lead),
    ...marked('-', old.slice(head, old.length - tail)),
    ...marked('+', now.slice(head, now.length - tail)),
    ...marked(' ', trail),
  ].join('\n')
}

function linesOf(text: string | undefined): string[] {
  if (text === undefined || text === '') return []
  return text.endsWith('\n')
    ? text.slice(0, -1).split('\n')
    : [...text.split('\n'), '\\ no newline at the end']
}

function commonLength(a: string[], b: string[]): number {
  let n = 0
  while (n < a.length && n < b.length && a[n] === b[n]) n++
  return n
}

const marked = (mark: string, lines: string[]): string[] => lines.map(line => mark + line)
