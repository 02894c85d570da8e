const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** A hardware address as text: lower case, colons. */
export function formatMac(bytes: Uint8Array): string {
  let text = ''
  for (let at = 0; at < bytes.length; at++) text += at === 0 ? HEX[bytes[at]!] : `:${HEX[bytes[at]!]}`
  return text
}
