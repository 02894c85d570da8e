/** Characters that end a field of fstab(5) or mountinfo, or begin a comment; all are ASCII. */
const FIELD_ENDS = /[\t-\r #\\]/g

/** Writes each of these characters as a backslash and three octal digits. */
export const escapeOctal = (text: string, which: RegExp = FIELD_ENDS): string =>
  text.replace(which, char => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)

/** The reverse of escapeOctal. */
export const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
