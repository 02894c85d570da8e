const UNITS = ['B', 'K', 'M', 'G', 'T', 'P', 'E']

/** Bytes as zfs(8) prints them: `512B`, `1.04M`, `195G`. */
export function bytes(count: number): string {
  let unit = 0
  let rest = count
  // From 1023.5 it would be rounded to 1024.
  while (rest >= 1023.5 && unit < UNITS.length - 1) {
    rest /= 1024
    unit++
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2
  return `${rest.toFixed(digits)}${UNITS[unit]}`
}
