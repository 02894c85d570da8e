import assert from 'node:assert/strict'
import fc from 'fast-check'
import { format, localTime } from '../../src/session/format.ts'

const time = '2026-11-22T20:46:03.123Z'
/** A line without its time, which depends on the time zone. */
const line = (event: Parameters<typeof format>[0]) => format({ time, ...event }).replace(/^\S+ /, '')

describe('session/format', () => {
  it('has its fields in one order', () => {
    const event = {
      event: 'dhcp:ack',
      mac: '02:00:00:00:00:01',
      ip: '192.168.2.7',
      stage: 'loader',
      be: 'fb141',
    }
    assert.equal(
      line({
        ...event,
        machine: 'm1',
        detail: { file: 'boot/loader.efi', size: 12, dry: false, none: undefined },
      }),
      'm1 loader dhcp:ack fb141 ip=192.168.2.7 file=boot/loader.efi size=12 dry=false',
    )
    assert.equal(line(event), '02:00:00:00:00:01 loader dhcp:ack fb141 ip=192.168.2.7')
    assert.equal(line({ event: 'dhcp:malformed', level: 'warn' }), '- - dhcp:malformed - level=warn')
  })

  it('quotes what could be taken for something else', () => {
    const detail = { a: 'two words', b: '', c: 'say "no"', d: 'k=v', e: '-' }
    assert.equal(line({ event: 'x', detail }), '- - x - a="two words" b="" c="say \\"no\\"" d="k=v" e="-"')
  })

  it('escapes control characters, which packets may contain', () => {
    const detail = { a: 'x\x1b[2Jy', b: 'one\ntwo\r\t', c: '\u202eexe', d: '\x9b', e: '\ud800' }
    assert.equal(
      line({ event: 'x', detail }),
      '- - x - a="x\\x1b[2Jy" b="one\\ntwo\\r\\t" c="\\u{202e}exe" d="\\x9b" e="\\u{d800}"',
    )
  })

  it('the time is local, to the millisecond, with its offset', () => {
    const text = format({ time, event: 'x' }).split(' ')[0]!
    assert.match(text, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.123[+-]\d\d:\d\d$/)
    assert.equal(new Date(text).toISOString(), time)
    assert.equal(localTime(new Date(Number.NaN)), '-')
  })

  it('any text stays one line of printable characters with the columns in place', () => {
    const text = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(text, text, text, text, (machine, stage, be, value) => {
        const out = format({ time, event: 'tftp:read', machine, stage, be, detail: { [value]: value } })
        assert.doesNotMatch(out, /[\p{C}\p{Zl}\p{Zp}]/u)
        assert.equal(out.split(' ')[3], 'tftp:read')
      }),
    )
  })
})
