import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  buildAck,
  buildData,
  buildError,
  buildOack,
  buildRequest,
  type Options,
  type Packet,
  parse,
} from '../../src/tftp/packet.ts'

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex')

describe('tftp packet', () => {
  /** One table drives parse and build. Requests and the ERROR as real firmware sent them. */
  const vectors: [what: string, bytes: Buffer, packet: Packet][] = [
    [
      'iPXE ROM: read request',
      hex('0001 707865626f6f7400 6f6374657400 626c6b73697a6500 3134333200 7473697a6500 3000'),
      {
        kind: 'rrq',
        file: 'pxeboot',
        mode: 'octet',
        options: [
          ['blksize', '1432'],
          ['tsize', '0'],
        ],
      },
    ],
    [
      'OVMF: read request with a window',
      hex(
        '0001 6c6f616465722e65666900 6f6374657400 7473697a6500 3000 626c6b73697a6500 3134363800 77696e646f7773697a6500 3400',
      ),
      {
        kind: 'rrq',
        file: 'loader.efi',
        mode: 'octet',
        options: [
          ['tsize', '0'],
          ['blksize', '1468'],
          ['windowsize', '4'],
        ],
      },
    ],
    [
      'RFC 1350: write request',
      hex('0002 6600 6f6374657400'),
      { kind: 'wrq', file: 'f', mode: 'octet', options: [] },
    ],
    ['RFC 1350: DATA', hex('0003 ffff 0102'), { kind: 'data', block: 65535, data: hex('0102') }],
    ['RFC 1350: empty last DATA', hex('0003 0001'), { kind: 'data', block: 1, data: hex('') }],
    ['RFC 1350: ACK', hex('0004 0102'), { kind: 'ack', block: 258 }],
    [
      'OVMF: end of a size probe',
      hex('0005 0008 557365722061626f7274656420746865207472616e7366657200'),
      { kind: 'error', code: 8, message: 'User aborted the transfer' },
    ],
    [
      'RFC 2347: OACK',
      hex('0006 626c6b73697a6500 3134363800 7473697a6500 35393830313600'),
      {
        kind: 'oack',
        options: [
          ['blksize', '1468'],
          ['tsize', '598016'],
        ],
      },
    ],
  ]

  const build = (packet: Packet): Buffer => {
    switch (packet.kind) {
      case 'data':
        return buildData(packet.block, packet.data)
      case 'ack':
        return buildAck(packet.block)
      case 'error':
        return buildError(packet.code, packet.message)
      case 'oack':
        return buildOack(packet.options)
      default:
        return buildRequest(packet)
    }
  }

  for (const [what, bytes, packet] of vectors) {
    it(`reads and writes ${what}`, () => {
      assert.deepEqual(parse(bytes), packet)
      assert.equal(build(packet).toString('hex'), bytes.toString('hex'))
    })
  }

  it('wraps block numbers to 0, as every client expects of files beyond 65535 blocks', () => {
    assert.equal(buildData(65536, hex('')).toString('hex'), '00030000')
    assert.equal(buildAck(65537).toString('hex'), '00040001')
  })

  it('takes the mode in any case and file names in UTF-8', () => {
    const packet = parse(Buffer.from('\0\x01bücher\0OcTeT\0'))
    assert.deepEqual(packet, { kind: 'rrq', file: 'bücher', mode: 'octet', options: [] })
  })

  it('accepts common mistakes of firmware: padding, an ERROR without its NUL', () => {
    assert.deepEqual(parse(Buffer.from('\0\x01f\0octet\0\0\0\0')), {
      kind: 'rrq',
      file: 'f',
      mode: 'octet',
      options: [],
    })
    assert.deepEqual(parse(Buffer.from('\0\x05\0\x01gone')), { kind: 'error', code: 1, message: 'gone' })
  })

  it('a datagram that cannot be read is malformed, with the reason', () => {
    const bad = [
      '',
      '00',
      '0001',
      '000400',
      '0001 6600',
      '0001 00 6f6374657400',
      '0001 6600 6f63',
      '0007 0000',
      '0000 0000',
    ]
    for (const bytes of [
      ...bad,
      '0001 6600 6f6374657400 7473697a65',
      '0001 6600 6f6374657400 7473697a6500',
      '0006 6100',
    ]) {
      const packet = parse(hex(bytes))
      assert.equal(packet.kind, 'malformed', bytes)
      assert.ok(packet.kind === 'malformed' && packet.why.length > 3)
    }
  })

  it('never throws, whatever bytes come', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 600 }), bytes => {
        parse(Buffer.from(bytes))
      }),
    )
    const seeds = vectors.map(([, bytes]) => bytes)
    const change = fc.tuple(fc.nat({ max: 80 }), fc.nat({ max: 255 }))
    fc.assert(
      fc.property(
        fc.constantFrom(...seeds),
        fc.array(change, { maxLength: 5 }),
        fc.nat({ max: 80 }),
        (seed, changes, cut) => {
          const bytes = Buffer.from(seed)
          for (const [at, value] of changes) bytes[at % bytes.length] = value
          parse(bytes.subarray(0, bytes.length - (cut % bytes.length)))
        },
      ),
      { numRuns: 5000 },
    )
  })

  it('reads every request that it can write', () => {
    const word = fc.stringMatching(/^[a-z0-9/._-]{1,40}$/)
    const options = fc.array(fc.tuple(word, word), { maxLength: 5 }) as fc.Arbitrary<Options>
    fc.assert(
      fc.property(word, options, (file, opts) => {
        const request = { kind: 'rrq' as const, file, mode: 'octet', options: opts }
        assert.deepEqual(parse(buildRequest(request)), request)
      }),
    )
  })
})
