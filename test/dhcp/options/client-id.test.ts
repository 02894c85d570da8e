import assert from 'node:assert/strict'
import fc from 'fast-check'
import { readClientId } from '../../../src/dhcp/options/client-id.ts'
import { requestFields } from '../../../src/dhcp/request-fields.ts'
import { request } from '../support.ts'

const UUID = '33221100-5544-7766-8899-aabbccddeeff'

describe('dhcp client identifier', () => {
  for (const [what, hex, named] of [
    ['Ethernet address (RFC 2132)', '01525400770001', { mac: '52:54:00:77:00:01' }],
    [
      'UUID as PXE ROMs send it, its first fields little-endian',
      '0000112233445566778899aabbccddeeff',
      { uuid: UUID },
    ],
    [
      'DUID with time and Ethernet address',
      `ff${'00000001'}00010001${'2a3b4c5d'}525400770001`,
      { mac: '52:54:00:77:00:01' },
    ],
    ['DUID with Ethernet address', 'ff0000000100030001525400770001', { mac: '52:54:00:77:00:01' }],
    [
      'DUID with UUID, in network order (RFC 6355)',
      'ff00000001000433221100554477668899aabbccddeeff',
      { uuid: UUID },
    ],
    ["systemd's DUID with an enterprise number", 'ff0000000100020000ab11aabbccddeeff0011', {}],
    ['DUID of InfiniBand', 'ff0000000100030020525400770001', {}],
    ['a name', Buffer.from('\0lab-1').toString('hex'), {}],
    ['nothing', '', {}],
  ] as const) {
    it(`reads ${what}`, () => assert.deepEqual(readClientId(Buffer.from(hex, 'hex')), named))
  }

  it('does not throw on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.boolean(), (bytes, duid) => {
        readClientId(Buffer.from(duid ? [255, ...bytes] : bytes))
      }),
    )
  })

  it("gives a MAC only when it is not the sender's, and a UUID only when option 97 has none", () => {
    const seen = (hex: string, ...more: [number, Buffer][]) =>
      requestFields(request(1, [[61, Buffer.from(hex, 'hex')], ...more]))
    assert.equal(seen('01525400770001').clientMac, undefined, "the sender's own")
    assert.equal(seen('01525400770009').clientMac, '52:54:00:77:00:09')
    assert.equal(seen('0000112233445566778899aabbccddeeff').uuid, UUID)
    const other: [number, Buffer] = [97, Buffer.alloc(17, 0x11).fill(0, 0, 1)]
    assert.equal(
      seen('0000112233445566778899aabbccddeeff', other).uuid,
      '11111111-1111-1111-1111-111111111111',
    )
  })
})
