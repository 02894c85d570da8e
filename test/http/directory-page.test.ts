import assert from 'node:assert/strict'
import { directoryPage } from '../../src/http/directory-page.ts'

/** The names in a page, found as efihttp_fs_readdir finds them: up to a NUL, which must be in the page. */
function asTheLoader(page: Buffer): string[] {
  const end = page.indexOf(0)
  assert.notEqual(end, -1, 'strstr(3) would run on')
  const names: string[] = []
  for (let at = page.indexOf('<a href="'); at >= 0 && at < end; at = page.indexOf('<a href="', at)) {
    at += '<a href="'.length
    names.push(page.toString('utf8', at, page.indexOf('"', at)))
  }
  return names
}

describe('http directory page', () => {
  it('is read by the loader name by name, directories with a slash', () => {
    const page = directoryPage([
      { name: 'kernel', directory: true },
      { name: 'loader.conf', directory: false },
      { name: 'with blank', directory: false },
    ])
    assert.deepEqual(asTheLoader(page), ['kernel/', 'loader.conf', 'with blank'])
    assert.deepEqual(asTheLoader(directoryPage([])), [])
  })

  it('leaves out a name that would be read as two, or that a browser would take for markup', () => {
    const names = ['a"b', '<script>', 'x&y', 'bell\x07']
    assert.deepEqual(asTheLoader(directoryPage(names.map(name => ({ name, directory: false })))), [])
  })
})
