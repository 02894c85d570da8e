import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { filter } from '../../src/host/filter.ts'
import { beError } from '../support/errors.ts'

describe('host/filter', () => {
  const all = async (argv: string[], input: Readable) => {
    const pieces: Buffer[] = []
    for await (const piece of filter(argv, input)) pieces.push(piece)
    return Buffer.concat(pieces)
  }

  it('yields the whole output, byte for byte', async () => {
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, at) => at % 256))
    assert.ok((await all(['cat'], Readable.from([bytes]))).equals(bytes))
  })

  it('throws when the program failed, also after some output, or is missing', async () => {
    const nothing = () => Readable.from([])
    await assert.rejects(all(['sh', '-c', 'echo x; exit 3'], nothing()), beError('BE_PROGRAM_FAILED', /3/))
    await assert.rejects(all(['no-such-program'], nothing()), beError('BE_PROGRAM_MISSING'))
  })

  it('kills the program when the iteration ends early', async () => {
    const endless = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(65536)
      })(),
    )
    for await (const piece of filter(['cat'], endless)) {
      assert.ok(piece.length > 0)
      break
    }
    assert.ok(endless.destroyed)
  })
})
