/** Between two writes, in milliseconds: too short for a person to notice, long enough for many lines. */
const REST_MS = 100

/**
 * Hands lines on together: at once after a quiet spell, else every 100 ms. For standard error, where each
 * write is a system call that the whole service waits for. Lines are made of their items by `render` as late as
 * that: no packet waits for it, and many in a row cost less than one by one.
 */
export function inBatches<T>(render: (item: T) => string, write: (text: string) => void): (item: T) => void {
  let waiting: T[] = []
  let resting = false
  const flush = () => {
    resting = waiting.length > 0
    if (!resting) return
    const items = waiting
    waiting = []
    write(items.map(render).join(''))
    setTimeout(flush, REST_MS)
  }
  return item => {
    waiting.push(item)
    if (resting) return
    resting = true
    setImmediate(flush)
  }
}
