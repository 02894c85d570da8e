import assert from 'node:assert/strict'
import { checkRouter, labPool, labSubnet } from '../../src/config/lab-network.ts'
import { load } from '../../src/config/load.ts'

describe('config/lab-network', () => {
  const loaded = (text: string) => load({ file: { name: 'be.toml', text } })
  const lab = (text: string, interfaces = {}) => labSubnet(loaded(text), interfaces)
  const em0 = [{ family: 'IPv4', address: '10.1.0.5', cidr: '10.1.0.5/16', internal: false }]
  const lo0 = [{ family: 'IPv4', address: '127.0.0.1', cidr: '127.0.0.1/8', internal: true }]

  it('the lab is the only interface but loopback, the one that is named, or the address that is given', () => {
    assert.equal(lab('', { lo0, em0 }).cidr, '10.1.0.0/16')
    assert.equal(lab('lab.interface = "em0"', { lo0, em0, em1: em0 }).address, '10.1.0.5')
    const given = lab('lab.address = "192.168.2.1/23"')
    assert.deepEqual(
      [given.netmask, given.network, given.broadcast],
      ['255.255.254.0', '192.168.2.0', '192.168.3.255'],
    )
  })

  it('the lab is never guessed among several interfaces', () => {
    assert.throws(() => lab('', { em0, em1: em0 }), { code: 'BE_LAB_AMBIGUOUS' })
    assert.throws(() => lab('lab.interface = "em9"', { em0 }), { code: 'BE_LAB_INTERFACE' })
  })

  it('refuses a pool that holds the server, leaves the network or has its ends swapped', () => {
    const pool = (range: string) => {
      const given = loaded(`[lab]\naddress = "192.168.2.1/24"\npool = "${range}"\nrouter = "192.168.2.254"`)
      return labPool(given, labSubnet(given))
    }
    assert.deepEqual(pool('192.168.2.100-192.168.2.199'), ['192.168.2.100', '192.168.2.199'])
    for (const bad of [
      '192.168.2.1-192.168.2.9',
      '192.168.2.200-192.168.2.254',
      '192.168.2.9-192.168.2.2',
      '192.168.3.1-192.168.3.9',
      '192.168.2.0-192.168.2.0',
    ]) {
      assert.throws(() => pool(bad), { code: 'BE_POOL' }, bad)
    }
  })

  it('refuses a router outside the lab', () => {
    const given = loaded('[lab]\naddress = "192.168.2.1/24"\nrouter = "192.168.3.1"')
    assert.throws(() => checkRouter(given, labSubnet(given)), { code: 'BE_ROUTER' })
  })
})
