import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Transcript } from './transcript.ts'

const said = (...chunks: string[]): Transcript => {
  const transcript = new Transcript()
  for (const chunk of chunks) transcript.add(chunk)
  return transcript
}

describe('rig: transcript', () => {
  // As SeaBIOS, iPXE and the kernel print it: the guest's report follows a reset and a cleared screen.
  const CONSOLE = 'ok\r\n\x1b[0;1miPXE\x1b[0m 1.0\x1bc\x1b[?7l\x1b[2JNBE-UP be=a\r\n'
  const TEXT = 'ok\niPXE 1.0\n\nNBE-UP be=a\n'

  it('removes terminal control sequences, wherever the chunks are cut', () => {
    assert.equal(said(CONSOLE).text, TEXT)
    fc.assert(
      fc.property(fc.array(fc.nat(CONSOLE.length)), cuts => {
        const at = [0, ...cuts.sort((a, b) => a - b), CONSOLE.length]
        assert.equal(said(...at.slice(1).map((end, i) => CONSOLE.slice(at[i], end))).text, TEXT)
      }),
    )
  })

  it('finds earlier text, across chunks, and later text', async () => {
    const transcript = said('NBE-', 'UP be=demo\n')
    assert.equal((await transcript.waitFor(/be=(\w+)\n/, 1000))[1], 'demo')
    const later = transcript.waitFor(/down/, 1000)
    transcript.add('Power down')
    assert.equal((await later)[0], 'down')
  })

  it('rejects when the program ends without the text', async () => {
    const transcript = said('panic\n')
    const waiting = transcript.waitFor(/never/, 60_000)
    transcript.end('guest ended (status 1)')
    await assert.rejects(waiting, /guest ended \(status 1\) without \/never\/[\s\S]*panic/)
    await assert.rejects(transcript.waitFor(/never/, 60_000, 'its word'), /without its word/)
  })

  it('passes on whole lines, and at the end the last one without a newline', () => {
    const transcript = new Transcript()
    const lines: string[] = []
    transcript.onLine(line => lines.push(line))
    for (const chunk of ['a', 'b\nc\n', 'd']) transcript.add(chunk)
    assert.deepEqual(lines, ['ab', 'c'])
    transcript.end('over')
    assert.deepEqual(lines, ['ab', 'c', 'd'])
  })
})
