import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import { optionBytes } from '../../src/boot/options/option-space.ts'
import { type DhcpMessage, decode, encode, messageType, option } from '../../src/dhcp/message.ts'
import type { DhcpOption } from '../../src/dhcp/options/codes.ts'
import { BeError } from '../../src/errors/errors.ts'
import { allDhcp, PLAN, request, SERVER, text } from './support.ts'

const malformed = (error: unknown) => error instanceof BeError && error.code === 'BE_DHCP_MALFORMED'

/** A request of fixed part, cookie and these option bytes. */
const packet = (optionHex: string, fields: { file?: Buffer; sname?: Buffer } = {}): Buffer => {
  const fixed = Buffer.alloc(236)
  fixed.set([1, 1, 6, 0, 0, 0, 0, 1])
  fields.sname?.copy(fixed, 44)
  fields.file?.copy(fixed, 108)
  return Buffer.concat([fixed, Buffer.from(`63825363${optionHex.replaceAll(' ', '')}`, 'hex')])
}

describe('dhcp message', () => {
  it('reads every DHCP packet of the captures and writes the same options again', () => {
    const packets = allDhcp()
    assert.ok(packets.length > 150, `only ${packets.length} packets in the captures`)
    for (const [name, { payload, frame }] of packets) {
      const message = decode(payload)
      const written = encode(message)
      assert.deepEqual(decode(written), message, `${name} frame ${frame}`)
      // None of these clients pads before the end or overloads: up to the end option the bytes are the same.
      const end = 240 + optionBytes(message.options) + 1
      assert.deepEqual(written.subarray(0, end), payload.subarray(0, end), `${name} frame ${frame}`)
    }
  })

  it('reads the modern loader as tshark does', () => {
    const [, first] = allDhcp().find(([name, p]) => name === 'ovmf-loader_lua-nfs' && p.frame === 464)!
    const message = decode(first.payload)
    assert.equal(message.xid, 1)
    assert.equal(messageType(message), 1)
    assert.deepEqual(
      message.options.map(([code, value]) => [code, value.toString('latin1')]),
      [
        [53, '\x01'],
        [60, 'PXEClient'],
        [77, '\x07FreeBSD'],
        [55, '\x11\x0c\x10\x03\x01\x1a\x36'],
      ],
    )
  })

  it('joins an option that comes in parts (RFC 3396), also across other options', () => {
    const message = decode(packet('35 01 01  fa 02 6162  0c 01 68  fa 03 636465 ff'))
    assert.deepEqual(
      message.options.map(([code, value]) => `${code}=${value.toString('latin1')}`),
      ['53=\x01', '250=abcde', '12=h'],
    )
  })

  it('reads options out of file and sname when option 52 says so, file before sname', () => {
    const file = Buffer.from('110161ff', 'hex')
    const sname = Buffer.from('110162ff', 'hex')
    const both = decode(packet('34 01 03 ff', { file, sname }))
    assert.deepEqual(both.options, [[17, Buffer.from('ab')]])
    assert.equal(both.file + both.sname, '')
    const onlyFile = decode(packet('34 01 01 ff', { file, sname: Buffer.from('boss') }))
    assert.deepEqual([onlyFile.options, onlyFile.sname], [[[17, Buffer.from('a')]], 'boss'])
    const onlySname = decode(packet('34 01 02 ff', { file: Buffer.from('pxeboot'), sname }))
    assert.deepEqual([onlySname.options, onlySname.file], [[[17, Buffer.from('b')]], 'pxeboot'])
  })

  it('skips pads, stops at the end option and does without one', () => {
    assert.deepEqual(decode(packet('00 00 350101 00 ff 0c0168')).options, [[53, Buffer.of(1)]])
    assert.deepEqual(decode(packet('350101')).options, [[53, Buffer.of(1)]])
  })

  it('takes BOOTP: no option 53, a zero vendor field, or none', () => {
    assert.equal(messageType(decode(packet('ff'))), 0)
    assert.deepEqual(decode(Buffer.concat([packet('').subarray(0, 236), Buffer.alloc(64)])).options, [])
    assert.deepEqual(decode(packet('').subarray(0, 236)).options, [])
  })

  for (const [what, bytes] of [
    ['an empty datagram', Buffer.alloc(0)],
    ['one byte less than the fixed part', packet('').subarray(0, 235)],
    ['an option that runs over the end', packet('350101 0c05 6162')],
    ['an option without its length', packet('350101 0c')],
    ['an overloaded file whose option runs over', packet('340101ff', { file: Buffer.alloc(128, 0x80) })],
    ['op 3', Buffer.concat([Buffer.of(3), packet('ff').subarray(1)])],
    ['a hardware address of 17 bytes', Buffer.concat([Buffer.of(1, 1, 17), packet('ff').subarray(3)])],
    ['a wrong cookie', Buffer.concat([packet('').subarray(0, 236), Buffer.from('63825364ff', 'hex')])],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => decode(bytes), malformed)
    })
  }

  it('any bytes are read, or refused with BE_DHCP_MALFORMED', () => {
    const bytes = fc.uint8Array({ maxLength: 700 }).map(array => Buffer.from(array))
    const behindHeader = bytes.map(rest => Buffer.concat([packet(''), rest]))
    fc.assert(
      fc.property(fc.oneof(bytes, behindHeader), input => {
        try {
          decode(encode(decode(input)))
        } catch (error) {
          assert.ok(malformed(error), String(error))
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('reads what it writes, for any message', () => {
    const address = fc.ipV4()
    const name = (maxLength: number) => fc.string({ maxLength, unit: fc.constantFrom(...'az09/.-~\xe9') })
    const value = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ minLength: 250, maxLength: 800 }),
    )
    const options = fc
      .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 254 }), value), {
        selector: ([code]) => code,
        maxLength: 20,
      })
      .map(list =>
        list.filter(([code]) => code !== 52).map(([code, v]) => [code, Buffer.from(v)] as DhcpOption),
      )
    const message: fc.Arbitrary<DhcpMessage> = fc.record(
      {
        op: fc.constantFrom(1, 2),
        htype: fc.nat(255),
        hops: fc.nat(255),
        xid: fc.nat(0xffffffff),
        secs: fc.nat(0xffff),
        flags: fc.nat(0xffff),
        ciaddr: address,
        yiaddr: address,
        siaddr: address,
        giaddr: address,
        chaddr: fc.uint8Array({ maxLength: 16 }).map(bytes => Buffer.from(bytes)),
        sname: name(64),
        file: name(128),
        options,
      },
      { noNullPrototype: true },
    )
    fc.assert(
      fc.property(message, original => assert.deepEqual(decode(encode(original)), original)),
      { numRuns: 1000 },
    )
  })

  it('writes no pad between the last option and the end: a FreeBSD loader reads a pad as an option', () => {
    const written = encode(request(1, [text(12, 'm1')]))
    assert.equal(
      written
        .subarray(240)
        .toString('hex')
        .replace(/(00)+$/, ''),
      '3501010c026d31ff',
    )
    assert.equal(written.length, 300)
  })

  it('refuses a field that does not fit instead of cutting it', () => {
    const tooLong = (error: unknown) => error instanceof BeError && error.code === 'BE_DHCP_UNENCODABLE'
    assert.throws(() => encode(request(1, [], { file: 'x'.repeat(129) })), tooLong)
    assert.throws(() => encode(request(1, [], { sname: 'x'.repeat(65) })), tooLong)
    assert.throws(() => encode(request(1, [], { chaddr: Buffer.alloc(17) })), tooLong)
  })

  it('an independent codec reads the same fields of an OFFER', () => {
    const oracle = createRequire(import.meta.url)('dhcp/lib/protocol.js') as {
      parse(packet: Buffer): Record<string, unknown> & { options: Record<number, unknown> }
    }
    const bytes = encode(
      request(
        2,
        [
          [54, Buffer.from([192, 168, 77, 1])],
          [51, Buffer.from([0, 0, 0xa8, 0xc0])],
          ...PLAN.options.slice(0, 3),
        ],
        {
          op: 2,
          yiaddr: '192.168.77.130',
          siaddr: SERVER,
          file: PLAN.file!,
        },
      ),
    )
    const read = oracle.parse(bytes)
    assert.equal(read.op, 2)
    assert.equal(read.yiaddr, '192.168.77.130')
    assert.equal(read.siaddr, SERVER)
    assert.equal(read.chaddr, '52-54-00-77-00-01')
    assert.equal(String(read.file).replace(/\0+$/, ''), PLAN.file)
    assert.deepEqual(
      [53, 54, 51, 1, 3, 17].map(code => read.options[code]),
      [2, SERVER, 43_200, '255.255.255.0', [SERVER], `${SERVER}:/ROOT/test`],
    )
  })

  it('finds options, and none where there is none', () => {
    assert.deepEqual(option(request(3), 53), Buffer.of(3))
    assert.equal(option(request(3), 50), undefined)
  })
})
