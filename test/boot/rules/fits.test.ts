import assert from 'node:assert/strict'
import type { Client } from '../../../src/boot/client.ts'
import { loader, planned, refusalCode } from '../inputs.ts'

describe('boot/rules/fits', () => {
  it('is refused when the reply would be cut at 312 bytes, naming what to shorten', () => {
    const loaderVariables: [string, string][] = [['comconsole_speed', '1'.repeat(200)]]
    assert.equal(refusalCode({ client: loader, loaderVariables }), 'BE_REPLY_TOO_LONG')
    const line = planned({ client: loader, loaderVariables }).refusal!.line
    assert.match(line, /needs \d+ bytes of options \(option 24\d \d+.*at most 312/)
    const roomy: Client = { ...loader, optionSpace: 1236 }
    assert.equal(planned({ client: roomy, loaderVariables }).refusal, undefined)
  })

  it('fits exactly at 312 bytes, and not at 313', () => {
    const size = (length: number) =>
      planned({ client: loader, loaderVariables: [['v', 'x'.repeat(length)]] }).refusal?.code
    const longest = Array.from({ length: 255 }, (_, n) => n)
      .filter(n => size(n) === undefined)
      .at(-1)!
    const options = planned({ client: loader, loaderVariables: [['v', 'x'.repeat(longest)]] }).reply!.options
    const bytes = 4 + 3 + 6 + 6 + options.reduce((sum, [, value]) => sum + 2 + value.length, 0) + 1
    assert.ok(bytes <= 312 && bytes >= 310, `${bytes}`)
    assert.equal(size(longest + 3), 'BE_REPLY_TOO_LONG')
  })
})
