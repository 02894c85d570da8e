import assert from 'node:assert/strict'
import fc from 'fast-check'
import { mayBeAbsent, normalPath, printable } from '../../../src/boot/files/path.ts'

describe('boot/files/path', () => {
  it('folds what odd firmware sends into one spelling, so that its boot file is found', () => {
    for (const raw of [
      'boot/loader.efi',
      '/boot//loader.efi',
      '\\boot\\loader.efi',
      '/./boot/x/../loader.efi',
    ]) {
      assert.equal(normalPath(raw), '/boot/loader.efi', raw)
    }
  })

  it('gives no path to what climbs out of the root or cannot name a file', () => {
    for (const raw of [
      '',
      '/',
      '/boot/',
      '../etc/passwd',
      '/a/../../b',
      '..\\x',
      '/a\0b',
      '/a\nb',
      '/a/.',
      'a/..',
    ]) {
      assert.equal(normalPath(raw), undefined, JSON.stringify(raw))
    }
    assert.equal(normalPath('a'.repeat(1025)), undefined)
    assert.equal(normalPath('ä'.repeat(513)), undefined)
  })

  it('never lets `..` or an empty part through, whatever comes', () => {
    const piece = fc.constantFrom('..', '.', '', 'a', '/', '\\', '//', '...', '\0', 'b.c')
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), pieces => {
        const path = normalPath(pieces.join('/'))
        if (path === undefined) return
        const parts = path.slice(1).split('/')
        assert.ok(path.startsWith('/') && parts.every(part => part !== '' && part !== '.' && part !== '..'))
        assert.equal(normalPath(path), path)
      }),
    )
  })

  it('makes names from the wire harmless for a terminal', () => {
    assert.equal(printable('a\x1b[2Jb\nc\x7f'), 'a\\x1b[2Jb\\x0ac\\x7f')
    assert.equal(printable('x'.repeat(500)).length, 200)
  })

  it("knows a machine's own tree, where absent files are no news", () => {
    assert.ok(mayBeAbsent('/m/52-54-00-00-00-01/boot/loader.conf.local') && mayBeAbsent('m/x/y'))
    assert.ok(!mayBeAbsent('/pxeboot') && !mayBeAbsent('/be/m/x'))
  })
})
