import type { Progress } from '../../be/install/job.ts'

/** Least time (ms) between two redraws. */
const REDRAW_MS = 100

/** Draws progress on one line of a terminal, which `end` erases; nothing where `to` is not a terminal. */
export function progressLine(to: NodeJS.WriteStream = process.stderr): Progress & { end(): void } {
  let drawn = Number.NEGATIVE_INFINITY
  let shown = false
  const end = () => {
    if (shown) to.write('\r\u001b[K')
    shown = false
  }
  const draw: Progress = (what, done, total) => {
    const now = performance.now()
    if (!to.isTTY) return
    if (done === total) return end()
    if (now - drawn < REDRAW_MS) return
    drawn = now
    shown = true
    const far = total ? `${Math.floor((done / total) * 100)} %` : done > 0 ? megabytes(done) : ''
    const line = `be: ${what} ${far}`.slice(0, Math.max(20, (to.columns || 80) - 1))
    to.write(`\r${line}\u001b[K`)
  }
  return Object.assign(draw, { end })
}

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
