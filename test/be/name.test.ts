import assert from 'node:assert/strict'
import fc from 'fast-check'
import { isBeName, parseBeName } from '../../src/be/name.ts'
import { BeError } from '../../src/errors/errors.ts'
import { beError } from '../support/errors.ts'

describe('names of boot environments', () => {
  it('are taken as bectl takes them', () => {
    for (const name of ['default', '12.1-RELEASE-p2', 'r_1', '2026:11:22', 'a', 'x'.repeat(255)]) {
      assert.equal(parseBeName(name), name)
    }
  })

  it('may carry the parent, which is checked where one is configured', () => {
    assert.equal(parseBeName('bd/be/test'), 'test')
    assert.equal(parseBeName('bd/be/test', 'bd/be'), 'test')
    assert.equal(parseBeName('test', 'bd/be'), 'test')
    assert.throws(() => parseBeName('zroot/ROOT/test', 'bd/be'), beError('BE_NAME_PARENT', /or bd\/be\/test/))
    assert.throws(() => parseBeName('be/test', 'bd/be'), beError('BE_NAME_PARENT'))
  })

  it('that could be options, hidden, paths, snapshots or two words are refused', () => {
    const wrong = [
      '',
      '-f',
      '.',
      '..',
      '.new-1',
      'a b',
      'a/',
      '/ROOT/a',
      'a//b',
      '../a',
      'a/../b',
      'a@s',
      'a#b',
    ]
    for (const name of [...wrong, 'a\n', 'a\0', 'ä', 'a%b', 'a\\b', '"a"']) {
      assert.throws(() => parseBeName(name), beError('BE_NAME_INVALID'), name)
    }
  })

  it('are as long as ZFS takes them, the parent counted', () => {
    assert.throws(() => parseBeName('x'.repeat(256)), beError('BE_NAME_TOO_LONG'))
    assert.throws(() => parseBeName('x'.repeat(250), 'bd/be'), beError('BE_NAME_TOO_LONG', /has 256/))
    assert.equal(parseBeName('x'.repeat(249), 'bd/be').length, 249)
  })

  it('joined to a directory never lead out of it, whatever was typed', () => {
    const piece = fc.constantFrom('a', '.', '..', '/', '-', '@', ' ', '\0', '\n', 'ROOT', '%')
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(piece).map(parts => parts.join('')),
    )
    fc.assert(
      fc.property(text, text => {
        try {
          const name = parseBeName(text)
          assert.ok(isBeName(name))
          assert.match(name, /^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$/)
        } catch (error) {
          assert.ok(error instanceof BeError)
          assert.doesNotMatch(error.line, /[\n\0]/)
        }
      }),
    )
  })
})
