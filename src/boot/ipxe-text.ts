/** What can stand in an iPXE script, which knows neither quotes nor escapes (src/core/exec.c, uri.c of iPXE). */

/**
 * Whether iPXE hands `text` on as it is, but for the number of blanks between words. A word that begins with `#` is a comment to
 * it, `;`, `&&` and `||` alone end the command, and `${…}` is replaced by a setting of its own.
 */
export const isIpxeText = (text: string): boolean =>
  /^[\x20-\x7e]*$/.test(text) && !text.includes('${') && !text.split(' ').some(isSpecial)

const isSpecial = (word: string): boolean => word.startsWith('#') || [';', '&&', '||'].includes(word)

/** A path as part of a URL, which iPXE decodes: file names may hold anything. */
export const urlPath = (path: string): string => encodeURI(path).replace(/[?#]/g, encodeURIComponent)
