import assert from 'node:assert/strict'
import { inBatches } from '../../src/session/batch.ts'

describe('session/batch', () => {
  it('writes the lines of one tick together, in order, and then those that follow', async () => {
    const written: string[] = []
    let wrote = () => {}
    const write = inBatches(
      (line: string) => line,
      text => {
        written.push(text)
        wrote()
      },
    )
    const next = () => new Promise<void>(done => (wrote = done))
    const first = next()
    for (const line of ['a\n', 'b\n', 'c\n']) write(line)
    assert.deepEqual(written, [], 'a packet does not wait for the log')
    await first
    const second = next()
    write('d\n')
    write('e\n')
    await second
    assert.deepEqual(written, ['a\nb\nc\n', 'd\ne\n'])
    const third = next()
    write('f\n')
    await third
    assert.deepEqual(written.at(-1), 'f\n')
  })
})
