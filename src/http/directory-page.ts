import type { Entry } from '../boot/files/boot-file.ts'

/** Characters that would end the attribute or the tag; they cannot be escaped, because FreeBSD's loader does not unescape. */
const UNSAFE = /["<>&\p{Cc}]/u

/**
 * A directory as FreeBSD's loader reads it over HTTP (stand/efi/libefi/efihttp.c): a page of type text/html is a
 * directory, each `<a href="` in it a name, and a name with a slash at its end a directory. The loader searches
 * with strstr(3) in a buffer that it does not terminate: hence the NUL at the end of the page.
 */
export function directoryPage(entries: readonly Entry[]): Buffer {
  const lines = entries
    .filter(({ name }) => !UNSAFE.test(name))
    .map(({ name, directory }) => {
      const shown = directory ? `${name}/` : name
      return `<a href="${shown}">${shown}</a>\n`
    })
  return Buffer.from(`<!DOCTYPE html><meta charset="utf-8"><pre>\n${lines.join('')}</pre>\n\0`)
}
