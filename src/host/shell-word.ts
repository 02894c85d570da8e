/** Quotes a text so that sh(1) takes it as one word. */
export const shellWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
