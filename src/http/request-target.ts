/**
 * The path of a request target (RFC 9112, section 3.2): origin form, or the absolute form that proxies send;
 * query and fragment dropped, %XX decoded. Undefined when the escapes are not UTF-8. Doubled slashes stay.
 */
export function targetPath(target: string): string | undefined {
  const path = target.replace(/^https?:\/\/[^/?#]*/i, '').replace(/[?#].*$/s, '')
  try {
    return decodeURIComponent(path)
  } catch {
    return undefined
  }
}
