import { visible } from '../../errors/visible.ts'

/**
 * Rows as a table for people, or tab-separated without a header for scripts. A cell may hold text that a guest chose:
 * control characters are escaped.
 */
export function table(cells: string[][], header: string[], scripted: boolean): string {
  const rows = cells.map(row => row.map(visible))
  if (scripted) return rows.map(row => `${row.join('\t')}\n`).join('')
  const all = [header, ...rows]
  const widths = header.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  const line = (row: string[]) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')
  return all.map(row => `${line(row).trimEnd()}\n`).join('')
}
