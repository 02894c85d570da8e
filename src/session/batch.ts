/** Between two writes, in milliseconds: too short for a person to notice, long enough for many lines. */
const REST_MS = 50

/**
 * Hands lines on together: at once after a quiet spell, else every 50 ms. For standard error, where each
 * write is a system call that the whole service waits for.
 */
export function inBatches(write: (text: string) => void): (line: string) => void {
  let waiting = ''
  let resting = false
  const flush = () => {
    resting = waiting !== ''
    if (!resting) return
    const text = waiting
    waiting = ''
    write(text)
    setTimeout(flush, REST_MS)
  }
  return line => {
    waiting += line
    if (resting) return
    resting = true
    setImmediate(flush)
  }
}
