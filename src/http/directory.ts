import type { Entry } from '../boot/files/boot-file.ts'

/** What would end the attribute or the tag early; FreeBSD's loader takes names as they stand. */
const UNSAFE = /["<>&\p{Cc}]/u

/**
 * A directory as the loader of FreeBSD reads it over HTTP (stand/efi/libefi/efihttp.c): a page of type text/html is
 * a directory, each `<a href="` in it a name, a slash at its end a directory. It looks for the next name with
 * strstr(3) in a buffer that nothing ends: the NUL at the end does.
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
