import assert from 'node:assert/strict'
import { LAYOUTS, parseLayout } from '../../src/be/layout.ts'
import { beError } from '../support/errors.ts'

describe('layouts', () => {
  it('are parsed by name; for others the error lists them', () => {
    for (const layout of LAYOUTS) assert.equal(parseLayout(layout), layout)
    assert.throws(() => parseLayout('netbsd'), beError('BE_LAYOUT', /freebsd, linux, flat/))
    assert.throws(() => parseLayout('toString'), beError('BE_LAYOUT'))
  })
})
