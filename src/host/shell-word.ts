/** One word of sh(1), whatever is in it. */
export const shellWord = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
