import assert from 'node:assert/strict'
import { MESSAGE_TYPE_NAMES } from '../../../src/dhcp/options/codes.ts'
import { OPTION_TABLE, optionInfo } from '../../../src/dhcp/options/table.ts'
import { formatOption } from '../../../src/dhcp/options/text.ts'

/** IANA, "BOOTP Vendor Extensions and DHCP Options", as of 2026: codes that are assigned, by who assigned them. */
const REGISTRY: [source: string, ...codes: (number | [first: number, last: number])[]][] = [
  ['RFC 2132', [1, 61], [64, 76]],
  ['RFC 2242', 62, 63],
  ['RFC 3004', 77],
  ['RFC 2610', 78, 79],
  ['RFC 4039', 80],
  ['RFC 4702', 81],
  ['RFC 3046', 82],
  ['RFC 4174', 83],
  ['RFC 2241', [85, 87]],
  ['RFC 4280', 88, 89],
  ['RFC 3118', 90],
  ['RFC 4388', 91, 92],
  ['RFC 4578', 93, 94, 97, [128, 135]],
  ['RFC 3679', 95, 112, 113],
  ['RFC 2485', 98],
  ['RFC 4776', 99],
  ['RFC 4833', 100, 101],
  ['RFC 8925', 108],
  ['RFC 8539', 109],
  ['RFC 8910', 114],
  ['RFC 2563', 116],
  ['RFC 2937', 117],
  ['RFC 3011', 118],
  ['RFC 3397', 119],
  ['RFC 3361', 120],
  ['RFC 3442', 121],
  ['RFC 3495', 122],
  ['RFC 6225', 123, 144],
  ['RFC 3925', 124, 125],
  ['RFC 5192', 136],
  ['RFC 5223', 137],
  ['RFC 5417', 138],
  ['RFC 5678', 139, 140],
  ['RFC 6011', 141],
  ['RFC 6153', 142],
  ['RFC 8572', 143],
  ['RFC 6704', 145],
  ['RFC 6731', 146],
  ['RFC 8973', 147, 148],
  ['RFC 5859', 150],
  ['RFC 6926', [151, 157]],
  ['RFC 7291', 158],
  ['RFC 7618', 159],
  ['RFC 8520', 161],
  ['RFC 9463', 162],
  ['RFC 5071', [208, 211]],
  ['RFC 5969', 212],
  ['RFC 5986', 213],
  ['RFC 6656', 220],
  ['RFC 6607', 221],
]

/** Codes whose value has one length only, by that length. */
const FIXED: Record<number, number[]> = {
  0: [80],
  1: [19, 20, 23, 27, 29, 30, 31, 34, 36, 37, 39, 46, 52, 53, 116, 156, 157],
  2: [13, 22, 26, 57],
  4: [1, 2, 16, 24, 28, 32, 35, 38, 50, 51, 54, 58, 59, 91, 108, 118, 152, 153, 154, 155, 211],
}

const spread = (codes: (number | [number, number])[]): number[] =>
  codes.flatMap(code =>
    typeof code === 'number' ? [code] : Array.from({ length: code[1] - code[0] + 1 }, (_, i) => code[0] + i),
  )

describe('dhcp option table', () => {
  it('has every assigned code with the RFC that assigns it, and no other but the private ones', () => {
    const assigned = new Map(
      REGISTRY.flatMap(([source, ...codes]) => spread(codes).map(code => [code, source] as const)),
    )
    for (const [code, source] of assigned) assert.equal(optionInfo(code)?.source, source, `option ${code}`)
    const others = OPTION_TABLE.map(([code]) => code).filter(code => !assigned.has(code))
    assert.deepEqual(others, [175, ...spread([[246, 254]])], 'iPXE, and the loader variables of FreeBSD')
  })

  it('a value of another length than the registry says is shown as bytes, never misread', () => {
    for (const [length, codes] of Object.entries(FIXED)) {
      for (const code of codes) {
        const right = Buffer.alloc(Number(length), 1)
        const hex = right.toString('hex') || '-'
        assert.notEqual(formatOption(code, right), hex, `option ${code}`)
        const wrong = Buffer.alloc(Number(length) + 1, 1)
        assert.equal(formatOption(code, wrong), wrong.toString('hex'), `option ${code}`)
      }
    }
  })

  it('names every message type of option 53', () => {
    assert.equal(MESSAGE_TYPE_NAMES[9], 'FORCERENEW')
    assert.equal(MESSAGE_TYPE_NAMES[13], 'LEASEACTIVE')
    assert.equal(MESSAGE_TYPE_NAMES.at(-1), 'TLS')
    assert.equal(MESSAGE_TYPE_NAMES.length, 19)
  })
})
