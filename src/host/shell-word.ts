/** Quotes a text so that sh(1) takes it as one word. */
export const shellWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`

/** The same, without quotes where none are needed. */
export const shellQuote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellWord(word))
