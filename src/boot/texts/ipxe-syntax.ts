/** What can stand in an iPXE script, which has neither quotes nor escapes (src/core/exec.c, uri.c of iPXE). */

/**
 * Whether iPXE passes `text` on unchanged, but for the number of blanks between words. It takes a word that
 * begins with `#` for a comment, `;`, `&&` and `||` alone for the end of the command, and replaces `${…}` with a
 * setting of its own.
 */
export const isIpxeText = (text: string): boolean =>
  /^[\x20-\x7e]*$/.test(text) && !text.includes('${') && !text.split(' ').some(isSpecial)

const isSpecial = (word: string): boolean => word.startsWith('#') || [';', '&&', '||'].includes(word)

/** A path as part of a URL, which iPXE decodes: so file names may hold any character. */
export const urlPath = (path: string): string => encodeURI(path).replace(/[?#]/g, encodeURIComponent)
