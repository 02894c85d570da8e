/** Between two writes (ms): too short for a person to notice, long enough to collect many lines. */
const PAUSE_MS = 100

/**
 * Writes lines in batches: the first one after a pause at once, further ones every 100 ms. For standard error, where
 * each write is a system call that blocks the whole service. `render` makes the line of an item when the batch is
 * written, so that no packet waits for it.
 */
export function inBatches<T>(render: (item: T) => string, write: (text: string) => void): (item: T) => void {
  let waiting: T[] = []
  let scheduled = false
  const flush = () => {
    scheduled = waiting.length > 0
    if (!scheduled) return
    const items = waiting
    waiting = []
    write(items.map(render).join(''))
    setTimeout(flush, PAUSE_MS)
  }
  return item => {
    waiting.push(item)
    if (scheduled) return
    scheduled = true
    setImmediate(flush)
  }
}
