import assert from 'node:assert/strict'
import fc from 'fast-check'
import { parseMac, readMac } from '../../src/machines/mac.ts'
import { beError } from '../support/errors.ts'

describe('MAC addresses', () => {
  it('reads every usual spelling as the same address', () => {
    for (const text of [
      '02:01:03:0a:0B:ff',
      '02-01-03-0A-0b-FF',
      '0201.030a.0bff',
      '0201030A0BFF',
      '2:1:3:a:b:ff',
    ]) {
      assert.equal(parseMac(text), '02:01:03:0a:0b:ff', text)
    }
  })

  it('refuses malformed addresses', () => {
    for (const text of [
      '',
      '02:01:02:03:04',
      '02:01:02:03:04:05:06',
      '02:01:02:03:04:0g',
      '02:01-02:03-04:05',
      '2-1-3-a-b-ff',
      '02:01:02:03:04:05\n',
      ' 02:01:02:03:04:05',
      '0201.02030405',
    ]) {
      assert.throws(() => parseMac(text), beError('BE_MAC_INVALID', /expected six bytes/), text)
    }
  })

  it('refuses addresses that no interface has', () => {
    for (const text of ['01:00:5e:00:00:01', 'ff:ff:ff:ff:ff:ff', '00:00:00:00:00:00']) {
      assert.throws(() => parseMac(text), beError('BE_MAC_NOT_UNICAST'), text)
    }
  })

  it('spells any six bytes back the same', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), bytes => {
        const hex = Buffer.from(bytes).toString('hex')
        assert.equal(readMac(hex)?.replaceAll(':', ''), hex)
        assert.equal(readMac(readMac(hex)!), readMac(hex))
      }),
    )
  })

  it('any text is an address or undefined', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), text => {
        assert.match(readMac(text) ?? '00:00:00:00:00:00', /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/)
      }),
    )
  })
})
