import assert from 'node:assert/strict'
import { clientIdSpellings, parseClientId } from '../../src/machines/client-id.ts'
import { beError } from '../support/errors.ts'

describe('client identifiers', () => {
  it('are bytes in hex, or the bytes of a text', () => {
    assert.equal(parseClientId('0x00AABBcc'), '00aabbcc')
    assert.equal(parseClientId('00:aa:BB'), '00aabb')
    assert.equal(parseClientId('rack-7'), Buffer.from('rack-7').toString('hex'))
    assert.equal(parseClientId('cafe'), Buffer.from('cafe').toString('hex'), 'a word is a word')
  })

  it('refuses lengths that no client can send, and odd hex digits', () => {
    for (const text of ['', 'x', '0x', '0x0', '0xzz', 'x'.repeat(256)]) {
      assert.throws(() => parseClientId(text), beError('BE_CLIENT_ID'), text)
    }
  })

  it('are found with and without type byte 0', () => {
    assert.deepEqual(clientIdSpellings('007261'), ['007261', '7261'])
    assert.deepEqual(clientIdSpellings('7261'), ['7261'])
  })
})
