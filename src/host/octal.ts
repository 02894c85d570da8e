/** What ends a field of fstab(5) and mountinfo, or begins a comment. ASCII alone: others have no such spelling. */
const FIELD_ENDS = /[\t-\r #\\]/g

/** A field in which these characters are three octal digits. */
export const escapeOctal = (text: string, which: RegExp = FIELD_ENDS): string =>
  text.replace(which, char => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`)

export const unescapeOctal = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
