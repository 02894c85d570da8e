import assert from 'node:assert/strict'
import { listPage } from '../../../src/be/install/http.ts'

describe("a web server's directory listing", () => {
  it('of Apache, nginx and others: names, without links for sorting, parents and slashes', () => {
    const apache =
      '<a href="?C=N;O=D">Name</a> <a href="/pub/">Parent</a> <a href="11.1-RELEASE/">11.1-RELEASE/</a>'
    const nginx = '<a href="../">../</a>\r\n<a href="12.4-RELEASE/">12.4-RELEASE/</a>   01-Jan-2023'
    const other =
      '<A HREF=\'./13.0-RC1/\'>x</A><a class=d href=14.0%2DRELEASE/>x</a><a href="http://x/y">z</a>'
    assert.deepEqual([apache, nginx, other].map(listPage), [
      ['11.1-RELEASE'],
      ['12.4-RELEASE'],
      ['13.0-RC1', '14.0-RELEASE'],
    ])
    assert.deepEqual(listPage('<a href="%zz">x</a> <a href="">y</a>'), ['%zz'])
  })
})
