import assert from 'node:assert/strict'
import fc from 'fast-check'
import { subOptions } from '../../../src/dhcp/options/sub-options.ts'
import { OPTION_TABLE, optionInfo, optionName } from '../../../src/dhcp/options/table.ts'
import { formatOption } from '../../../src/dhcp/options/text.ts'
import { userClasses } from '../../../src/dhcp/options/user-class.ts'
import { formatUuid } from '../../../src/dhcp/options/uuid.ts'

const hex = (bytes: string) => Buffer.from(bytes.replaceAll(' ', ''), 'hex')

/** One row for each type of value, with its text. */
const READINGS: [code: number, bytes: string, reading: string][] = [
  [1, 'ffffff00', '255.255.255.0'],
  [2, 'ffffffff', '-1'],
  [3, 'c0a84d01 c0a84d02', '192.168.77.1,192.168.77.2'],
  [12, Buffer.from('m1').toString('hex'), 'm1'],
  [17, Buffer.from('192.168.77.1:/ROOT/b').toString('hex'), '192.168.77.1:/ROOT/b'],
  [19, '01', 'yes'],
  [25, '0044 05dc', '68,1500'],
  [33, 'c0a80100 c0a84d01', '192.168.1.0/192.168.77.1'],
  [43, '06 01 08 ff', '6:08'],
  [51, '0000a8c0', '43200'],
  [53, '05', 'ACK'],
  [55, '110c1003011a36', '17,12,16,3,1,26,54'],
  [57, '05c0', '1472'],
  [61, '01 525400770001', '52:54:00:77:00:01'],
  [61, '00 6162', '006162'],
  [77, '07 46726565425344', 'FreeBSD'],
  [77, Buffer.from('iPXE').toString('hex'), 'iPXE'],
  [80, '', 'yes'],
  [82, '01 02 6162 02 01 63', '1:6162 2:63'],
  [93, '0007', '7'],
  [97, '00 33221100 5544 7766 8899 aabbccddeeff', '00112233-4455-6677-8899-aabbccddeeff'],
  // RFC 3397, section 2's example: eng.apple.com and a pointer to its tail.
  [119, '03656e67056170706c6503636f6d00 096d61726b6574696e67c004', 'eng.apple.com,marketing.apple.com'],
  // RFC 3442: default route, and 10.17.0.0/16.
  [121, '00 c0a84d01 10 0a11 c0a84d02', '0.0.0.0/0 via 192.168.77.1, 10.17.0.0/16 via 192.168.77.2'],
  [224, '0102', '0102'],
]

describe('dhcp option types', () => {
  for (const [code, bytes, reading] of READINGS) {
    it(`reads ${optionName(code)} ${bytes || '(empty)'} as ${reading}`, () => {
      assert.equal(formatOption(code, hex(bytes)), reading)
    })
  }

  it('shows bytes that do not fit the type in hex instead of inventing a value', () => {
    assert.equal(formatOption(1, hex('ffff')), 'ffff')
    assert.equal(formatOption(3, hex('c0a84d')), 'c0a84d')
    assert.equal(formatOption(97, hex('0011')), '0011')
    assert.equal(formatOption(3, hex('')), '-')
    assert.equal(formatOption(119, hex('c000')), 'c000')
  })

  it('text from the network cannot forge a log line', () => {
    assert.equal(formatOption(12, Buffer.from('a\nb "c"\x1b[2J\\')), '"a\\x0ab \\"c\\"\\x1b[2J\\\\"')
  })

  it('formats any value of any option without throwing', () => {
    fc.assert(
      fc.property(fc.nat(255), fc.uint8Array({ maxLength: 300 }), (code, bytes) => {
        const text = formatOption(code, Buffer.from(bytes))
        assert.match(text, /^[ -~]*$/)
      }),
      { numRuns: 5000 },
    )
  })

  it('has each code once, in order, with a name of its own', () => {
    const codes = OPTION_TABLE.map(([code]) => code)
    assert.deepEqual(
      codes,
      [...new Set(codes)].sort((a, b) => a - b),
    )
    assert.equal(new Set(OPTION_TABLE.map(([, name]) => name)).size, codes.length)
    assert.deepEqual(optionInfo(17), { code: 17, name: 'root-path', type: 'text', source: 'RFC 2132' })
    assert.equal(optionName(225), 'option-225')
  })

  it('tells the user classes of RFC 3004 from a bare string', () => {
    const texts = (bytes: Buffer) => userClasses(bytes).map(String)
    assert.deepEqual(texts(Buffer.from('\x07FreeBSD')), ['FreeBSD'])
    assert.deepEqual(texts(Buffer.from('\x01a\x02bc')), ['a', 'bc'])
    assert.deepEqual(texts(Buffer.from('iPXE')), ['iPXE'])
  })

  it('reads the options within an option, unless their lengths do not add up', () => {
    assert.deepEqual(subOptions(hex('01 01 61 00 02 00 ff 09')), [
      [1, Buffer.from('a')],
      [2, Buffer.alloc(0)],
    ])
    assert.equal(subOptions(hex('01 05 61')), undefined)
  })

  it('formats the machine identifier as firmware does', () => {
    assert.equal(
      formatUuid(hex('0000112233445566778899aabbccddeeff')),
      '33221100-5544-7766-8899-aabbccddeeff',
    )
  })
})
