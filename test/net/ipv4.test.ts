import assert from 'node:assert/strict'
import fc from 'fast-check'
import { addressBytes, isAddress, readAddress, Subnet, toNumber, toText } from '../../src/net/ipv4.ts'

describe('ipv4 address', () => {
  it('any address reads back, as text, number and bytes', () => {
    fc.assert(
      fc.property(fc.ipV4(), address => {
        assert.equal(isAddress(address), true)
        assert.equal(toText(toNumber(address)), address)
        assert.equal(readAddress(addressBytes(address)), address)
      }),
    )
    assert.equal(toNumber('192.168.77.1'), 0xc0a84d01)
    assert.equal(toNumber('255.255.255.255'), 0xffffffff)
  })

  for (const wrong of [
    '',
    '1',
    '1.2.3',
    '1.2.3.',
    '.1.2.3',
    '1.2.3.4.',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1..2.3',
    ' 1.2.3.4',
    '1.2.3.4 ',
    '1.2.3.-4',
    '1.2.3.0x4',
    '1.2.3.1000',
    '256.0.0.0',
  ]) {
    it(`refuses '${wrong}'`, () => {
      assert.throws(() => toNumber(wrong), { code: 'BE_ADDRESS_SYNTAX' })
      assert.equal(isAddress(wrong), false)
    })
  }

  it('knows the hosts of a network, whatever its width', () => {
    const subnet = new Subnet('192.168.77.1', '255.255.255.192')
    const hosts = ['192.168.77.0', '192.168.77.1', '192.168.77.62', '192.168.77.63', '192.168.78.1'].map(ip =>
      subnet.hasHost(toNumber(ip)),
    )
    assert.deepEqual(hosts, [false, true, true, false, false])
    const top = new Subnet('255.255.255.1', '255.255.255.0')
    assert.equal(top.hasHost(toNumber('255.255.255.254')), true)
    assert.equal(toText(top.broadcast), '255.255.255.255')
  })
})
