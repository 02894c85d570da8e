/**
 * Text from the network for a log line: as it is when it is one word of printable ASCII, else quoted with
 * escapes, so that no packet can forge a line, a field or a terminal sequence.
 */
export function quote(text: string): string {
  if (/^[!#-~]+$/.test(text)) return text
  const escaped = text
    .replace(/["\\]/g, '\\$&')
    .replace(/[^ -~]/g, c => `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return `"${escaped}"`
}

/** Bytes in hex; `-` for none. */
export const hexText = (bytes: Buffer): string => (bytes.length === 0 ? '-' : bytes.toString('hex'))
