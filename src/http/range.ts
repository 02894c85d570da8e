/** `length` bytes of a file, from `start`. */
export interface ByteRange {
  start: number
  length: number
}

/**
 * The range of a Range header (RFC 9110, section 14.2) within a file of `size` bytes. Undefined: send the whole file (no
 * header, a unit other than bytes, several ranges, or invalid: a server may ignore those). `unsatisfiable`: the
 * status is 416.
 */
export function parseRange(
  header: string | undefined,
  size: number,
): ByteRange | 'unsatisfiable' | undefined {
  const [whole, first, last] = /^bytes=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? '') ?? []
  if (whole === undefined || (first === '' && last === '')) return undefined
  if (first === '') return suffix(Number(last), size)
  const start = Number(first)
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (last !== '' && Number(last) < start) return undefined
  return start < size ? { start, length: end - start + 1 } : 'unsatisfiable'
}

/** `bytes=-n` (suffix-range): the last n bytes. */
function suffix(wanted: number, size: number): ByteRange | 'unsatisfiable' {
  if (wanted === 0 || size === 0) return 'unsatisfiable'
  const length = Math.min(wanted, size)
  return { start: size - length, length }
}
