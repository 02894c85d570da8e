/** One row of the result. */
export interface Row {
  /** A name that stays the same: `dhcp-cpu`. */
  id: string
  /** What was measured. */
  what: string
  unit: string
  ours: number
  peers: Record<string, number>
  /** The goal, as text: `≤ kea`. */
  goal: string
  met: boolean
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  if (sorted.length === 0) return Number.NaN
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** The smallest value that the share `p` (0 to 1) of all values does not exceed. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)] ?? Number.NaN
}

/** Three significant digits; from 100 on a whole number. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '-'
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)))
}

const COLUMNS = ['what', 'unit', 'nbe', 'peers', 'goal', 'met']

/** The rows as a Markdown table with aligned columns. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(row => [
    row.what,
    row.unit,
    figure(row.ours),
    Object.entries(row.peers)
      .map(([name, value]) => `${name} ${figure(value)}`)
      .join(', '),
    row.goal,
    row.met ? 'yes' : 'no',
  ])
  const widths = COLUMNS.map((name, i) => Math.max(name.length, ...cells.map(row => row[i]!.length)))
  const line = (row: readonly string[]) => `| ${row.map((cell, i) => cell.padEnd(widths[i]!)).join(' | ')} |`
  return [line(COLUMNS), line(widths.map(width => '-'.repeat(width))), ...cells.map(line)].join('\n')
}
