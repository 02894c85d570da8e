import assert from 'node:assert/strict'
import { labSubnet } from '../../src/config/lab-network.ts'
import { type Inputs, load } from '../../src/config/load.ts'
import { otherSubnets } from '../../src/config/other-subnets.ts'
import { BeError } from '../../src/errors/errors.ts'

const LAB = { 'lab.address': '192.168.2.1/24' }

function subnets(...items: string[]) {
  const text = `[dhcp]\nsubnets = ${JSON.stringify(items)}`
  return resolve({ file: { name: 'be.toml', text }, flags: LAB })
}

function resolve(inputs: Inputs) {
  const loaded = load(inputs)
  return otherSubnets(loaded, labSubnet(loaded))
}

function refusal(...items: string[]): string {
  try {
    subnets(...items)
  } catch (error) {
    assert.ok(error instanceof BeError, String(error))
    return error.line
  }
  throw new Error('nothing was refused')
}

describe('config/other-subnets', () => {
  it('are parsed with router and pool, which may be left out', () => {
    const [far, farther] = subnets(
      '10.1.0.0/24 router=10.1.0.1 pool=10.1.0.100-10.1.0.199',
      '10.2.0.0/16  router=10.2.255.254',
    )
    assert.deepEqual(
      [far?.cidr, far?.netmask, far?.broadcast, far?.router, far?.pool],
      ['10.1.0.0/24', '255.255.255.0', '10.1.0.255', '10.1.0.1', ['10.1.0.100', '10.1.0.199']],
    )
    assert.deepEqual(
      [farther?.cidr, farther?.router, farther?.pool],
      ['10.2.0.0/16', '10.2.255.254', undefined],
    )
  })

  it('with an address of this host are on another interface; a router is not needed there', () => {
    const [here, both] = subnets(
      '10.1.0.0/24 address=10.1.0.1',
      '10.2.0.0/24 address=10.2.0.2 router=10.2.0.1',
    )
    assert.deepEqual([here?.server, here?.router], ['10.1.0.1', undefined])
    assert.deepEqual([both?.server, both?.router], ['10.2.0.2', '10.2.0.1'])
  })

  it('are separated by semicolons in a flag or in the environment', () => {
    const text = '10.1.0.0/24 router=10.1.0.1; 10.2.0.0/24 router=10.2.0.1 ;'
    for (const inputs of [
      { flags: { ...LAB, 'dhcp.subnets': text } },
      { flags: LAB, environment: { NBE_DHCP_SUBNETS: text } },
    ]) {
      assert.deepEqual(
        resolve(inputs).map(({ cidr }) => cidr),
        ['10.1.0.0/24', '10.2.0.0/24'],
      )
    }
  })

  for (const [item, why] of [
    ['10.1.0.0 router=10.1.0.1', /BE_CONFIG_VALUE/],
    [
      '10.1.0.0/24',
      /expected a network, its router or this host's address there, and maybe a pool, as 10\.1\.0\.0\/24 router=/,
    ],
    ['10.1.0.0/24 router=gate', /BE_CONFIG_VALUE/],
    ['10.1.0.0/24 address=10.2.0.1', /expected an address of this host in 10\.1\.0\.0\/24/],
    [
      '10.1.0.0/24 address=10.1.0.5 pool=10.1.0.1-10.1.0.9',
      /a range without 10\.1\.0\.5, which this server has/,
    ],
    ['10.1.0.0/24 router=10.1.0.1 router=10.1.0.2', /BE_CONFIG_VALUE/],
    ['10.1.0.0/24 router=10.1.0.1 pool=', /BE_CONFIG_VALUE/],
    ['10.1.0.0/24 router=10.1.0.1=24', /BE_CONFIG_VALUE/],
    ['10.1.0.0/24 router', /BE_CONFIG_VALUE/],
    ['10.1.0.0/24 router=10.1.0.1 pol=10.1.0.2-10.1.0.3', /BE_CONFIG_VALUE/],
    [
      '10.1.0.0/24 router=10.2.0.1',
      /^be\.toml:2: dhcp\.subnets: expected a router in 10\.1\.0\.0\/24, found "10\.2\.0\.1"/,
    ],
    [
      '10.1.0.0/24 router=10.1.0.1 pool=10.1.0.1-10.1.0.9',
      /a range without 10\.1\.0\.1, which the router has/,
    ],
    ['10.1.0.0/24 router=10.1.0.1 pool=10.1.0.9-10.1.0.2', /the lower address first/],
    ['10.1.0.0/24 router=10.1.0.1 pool=10.1.1.2-10.1.1.9', /hosts in 10\.1\.0\.0\/24/],
    ['192.168.0.0/16 router=192.168.0.1', /a network apart from 192\.168\.2\.0\/24/],
  ] as const) {
    it(`refuses ${item}`, () => assert.match(refusal(item), why))
  }

  it('refuses two that overlap, whose machines could not be told apart', () => {
    assert.match(
      refusal('10.1.0.0/16 router=10.1.0.1', '10.1.9.0/24 router=10.1.9.1'),
      /a network apart from 10\.1\.0\.0\/16, found "10\.1\.9\.0\/24"/,
    )
  })
})
