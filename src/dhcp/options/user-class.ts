/**
 * The classes in option 77: length-prefixed (RFC 3004); the whole value as one class when the lengths do not
 * add up, because iPXE sends a bare string.
 */
export function userClasses(value: Buffer): Buffer[] {
  const classes: Buffer[] = []
  let at = 0
  while (at < value.length) {
    const length = value[at]!
    if (length === 0 || at + 1 + length > value.length) return [value]
    classes.push(value.subarray(at + 1, at + 1 + length))
    at += 1 + length
  }
  return classes
}
