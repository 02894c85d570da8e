import assert from 'node:assert/strict'
import fc from 'fast-check'
import { OPTION_TABLE, optionName } from '../../../src/dhcp/options/table.ts'
import { formatOption, parseOption } from '../../../src/dhcp/options/text.ts'

describe('dhcp option as configuration text', () => {
  for (const [text, code, hex] of [
    ['ntp-servers=192.168.2.1, 10.0.0.1', 42, 'c0a802010a000001'],
    ['42=192.168.2.1', 42, 'c0a80201'],
    ['interface-mtu=9000', 26, '2328'],
    ['time-offset=-3600', 2, 'fffff1f0'],
    ['ip-forwarding=yes', 19, '01'],
    ['domain-name=lab.example.org', 15, Buffer.from('lab.example.org').toString('hex')],
    ['domain-search=lab.test,a.b', 119, '036c6162047465737400' + '0161016200'],
    ['classless-static-routes=10.0.0.0/8 via 192.168.2.9', 121, '080ac0a80209'],
    ['static-routes=10.0.0.1/192.168.2.9', 33, '0a000001c0a80209'],
    ['224=0x0102ff', 224, '0102ff'],
    ['vendor-specific=0x010400000002', 43, '010400000002'],
  ] as const) {
    it(`reads ${text}`, () => assert.deepEqual(parseOption(text), [code, Buffer.from(hex, 'hex')]))
  }

  for (const [text, expected] of [
    ['ntp-servers', /an option as ntp-servers=/],
    ['ntp-server=10.0.0.1', /the name or code of a DHCP option instead of ntp-server$/],
    ['256=0x01', /name or code/],
    ['ntp-servers=time.lab', /^ntp-servers as IPv4 addresses with commas$/],
    ['ntp-servers=', /IPv4 addresses/],
    ['interface-mtu=65536', /a number up to 65535/],
    ['ip-forwarding=2', /yes or no/],
    ['domain-search=a..b', /domain names/],
    ['classless-static-routes=10.0.0.0/33 via 10.0.0.1', /routes, as/],
    ['224=abc', /bytes, 0x0102/],
    ['224=0x012', /bytes, 0x0102/],
    ['message-type=0x05', /does not set by itself/],
    ['82=0x0101', /does not set by itself/],
    ['lease-time=60', /does not set by itself|name or code/],
  ] as const) {
    it(`refuses ${text}`, () => assert.match(String(parseOption(text)), expected))
  }

  it('the text of any bytes of any option reads back the same, or not at all', () => {
    const codes = OPTION_TABLE.map(([code]) => code)
    let read = 0
    fc.assert(
      fc.property(
        fc.constantFrom(...codes),
        fc.uint8Array({ minLength: 1, maxLength: 12 }),
        (code, bytes) => {
          const value = Buffer.from(bytes)
          const shown = formatOption(code, value)
          const again = parseOption(`${optionName(code)}=${shown}`)
          // Bytes that are not of the option's type are shown in hex without 0x.
          if (typeof again === 'string' || shown.startsWith('"') || shown === value.toString('hex')) return
          // The bytes may differ: compressed names, and host bits of a route, are not written.
          assert.equal(formatOption(code, again[1]), shown)
          read++
        },
      ),
      { numRuns: 3000 },
    )
    assert.ok(read > 200, `${read} read back`)
  })

  it('does not throw on any text', () => {
    const name = fc.constantFrom(...OPTION_TABLE.map(([code]) => code))
    fc.assert(fc.property(name, fc.string(), (code, value) => void parseOption(`${code}=${value}`)))
  })
})
