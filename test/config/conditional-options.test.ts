import assert from 'node:assert/strict'
import { load } from '../../src/config/load.ts'
import { BeError } from '../../src/errors/errors.ts'

function refusal(item: string): string {
  try {
    load({ file: { name: 'be.toml', text: `dhcp.options = [${JSON.stringify(item)}]` } })
  } catch (error) {
    assert.ok(error instanceof BeError, String(error))
    return error.line
  }
  throw new Error('nothing was refused')
}

describe('config/conditional-options', () => {
  it('is a list in the file, and one text with semicolons in a flag', () => {
    const items = ['stage=os ntp-servers=10.0.0.1, 10.0.0.2', 'domain-name=a name = with blanks']
    const text = `dhcp.options = ${JSON.stringify(items)}`
    assert.deepEqual(load({ file: { name: 'be.toml', text } }).settings['dhcp.options'], items)
    assert.deepEqual(load({ flags: { 'dhcp.options': items.join('; ') } }).settings['dhcp.options'], items)
  })

  for (const [item, why] of [
    [
      'stage=boot ntp-servers=10.0.0.1',
      /^be\.toml:1: dhcp\.options: expected stage= with firmware or ipxe or .*BE_CONFIG_VALUE/,
    ],
    ['arch=vax ntp-servers=10.0.0.1', /arch= with amd64 or i386 or armv7 or arm64 or riscv64/],
    ['subnet=10.0.0.1 ntp-servers=10.0.0.1', /subnet= with a network, as/],
    ['stages=os ntp-servers=10.0.0.1', /the name or code of a DHCP option instead of stages/],
    ['constructor=1 ntp-servers=10.0.0.1', /the name or code of a DHCP option instead of constructor/],
    ['ntp-servers=time', /ntp-servers as IPv4 addresses with commas/],
    ['stage=os', /the name or code of a DHCP option instead of stage/],
    ['', /an option as/],
  ] as const) {
    it(`refuses ${JSON.stringify(item)}`, () => assert.match(refusal(item), why))
  }
})
