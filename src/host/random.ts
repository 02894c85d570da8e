/** So many random bytes in hexadecimal. By the global `crypto`: unlike node:crypto it is loaded only when it is used. */
export const randomHex = (bytes: number): string =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString('hex')
