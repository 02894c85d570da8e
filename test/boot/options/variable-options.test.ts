import assert from 'node:assert/strict'
import fc from 'fast-check'
import { variableOptions } from '../../../src/boot/options/variable-options.ts'
import { BeError } from '../../../src/errors/errors.ts'

describe('boot/options/variable-options', () => {
  it('packs lists into 246 to 249 and values with semicolons into 250 to 254', () => {
    const options = variableOptions([
      ['nbe.be', 'head'],
      ['a', '1;2'],
      ['nbe.machine', 'm1'],
    ])
    assert.deepEqual(
      options.map(([code, value]) => [code, String(value)]),
      [
        [246, 'nbe.be=head;nbe.machine=m1'],
        [250, 'a=1;2'],
      ],
    )
  })

  it('arrives whole at a loader that splits as FreeBSD does, or is refused', () => {
    const name = fc.stringMatching(/^[a-z][a-z.]{0,30}$/)
    const value = fc.stringMatching(/^[ -~]{0,200}$/)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 14 }), variables => {
        let options: ReturnType<typeof variableOptions>
        try {
          options = variableOptions(variables)
        } catch (error) {
          assert.ok(error instanceof BeError)
          return
        }
        assert.ok(options.every(([code, bytes]) => code >= 246 && code <= 254 && bytes.length <= 255))
        const seen = options.flatMap(([code, bytes]) =>
          code < 250 ? String(bytes).split(';') : [String(bytes)],
        )
        assert.deepEqual(seen.sort(), variables.map(pair => pair.join('=')).sort())
      }),
    )
  })
})
